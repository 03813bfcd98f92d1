"""The parameters of the endpoints: type, range and meaning of each, for whoever reads the reference.

gradio takes the plain types and checks nothing of them; `received` does.
"""

from typing import Annotated, Any

from pydantic import Field, WithJsonSchema

from siamese_core.answers.label_row import ANSWERS
from siamese_core.labelling.queue import MOST_AT_ONCE
from siamese_core.page.find.endpoint import MOST
from siamese_core.page.one_shot.support import MAX_IMAGES
from siamese_core.page.parts.galleries import AMONG

MAX_TEXT = 200  # characters
ID = "^[0-9a-f]{64}$"
FILE = {
    "type": "object",
    "required": ["path", "meta"],
    "properties": {
        "path": {"type": "string", "description": "what POST /gradio_api/upload answered"},
        "meta": {"const": {"_type": "gradio.FileData"}},
        "orig_name": {"type": "string", "description": "what the file is called, for messages and classes"},
    },
}

File = dict[str, Any]


def file_of(description: str) -> WithJsonSchema:
    return WithJsonSchema(FILE | {"description": description})


Left = Annotated[File, file_of("An uploaded image.")]
Right = Annotated[File, file_of("The uploaded image to compare it with.")]
Query = Annotated[File, file_of("The uploaded image to classify, or to find others like it.")]
Support = Annotated[
    list[Annotated[File, file_of("An uploaded image of a class.")]],
    Field(
        min_length=1, max_length=MAX_IMAGES, description="The examples. A file that is no image is left out."
    ),
]
Classes = Annotated[
    list[str] | None,
    Field(description="A name for each file of the support set. Without it a file's own name is its class."),
]
AskAnyway = Annotated[
    bool,
    Field(
        description="Give the numbers of an encoder that abstains, too, since it does not know the images."
    ),
]
LeftId = Annotated[str, Field(pattern=ID, description="Id of an image, as `left` of a reply.")]
RightId = Annotated[str, Field(pattern=ID, description="Id of another image, as `right` of a reply.")]
Answer = Annotated[
    str, Field(json_schema_extra={"enum": list(ANSWERS)}, description="Whether both show the same class.")
]
AnnotatorName = Annotated[
    str, Field(max_length=MAX_TEXT, description="Who answers. The latest answer of each on a pair counts.")
]
RequestId = Annotated[
    str,
    Field(
        max_length=MAX_TEXT,
        description="A text of your own, new for each answer. Sent again with the same one, as after a lost "
        "reply, an answer is still one row and has the same label_id, after a restart of the server too.",
    ),
]
LabelId = Annotated[str, Field(max_length=MAX_TEXT, description="The label_id that /answer gave.")]
Count = Annotated[int, Field(ge=1, le=MOST_AT_ONCE, description="How many pairs at most.")]
Top = Annotated[int, Field(ge=1, le=MOST, description="How many images by each encoder.")]
Among = Annotated[
    str,
    Field(
        json_schema_extra={"enum": list(AMONG)},
        description="What is searched: the images to label, those that were answered, or both.",
    ),
]
