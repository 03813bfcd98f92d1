"""The list of case studies."""

import pytest

from siamese_core.casestudies.catalogue import CASE_STUDIES, case_study
from siamese_core.errors import UserError


def test_the_three_attempts_are_there():
    assert list(CASE_STUDIES) == ["resnet50-vs-scratch", "one-shot-evaluation", "contrastive-nan"]


@pytest.mark.parametrize("name", CASE_STUDIES)
def test_each_can_be_run_and_bears_its_own_name(name):
    study = case_study(name)
    module = __import__(study.run.__module__, fromlist=["NAME"])
    assert (study.name, module.NAME) == (name, name)


def test_an_unknown_name_gets_the_choices():
    with pytest.raises(UserError, match="contrastive-nan"):
        case_study("other")
