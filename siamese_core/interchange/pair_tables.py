"""Tables of pairs, `left,right,same`, as code for siamese networks makes them (`make_pairs`)."""

import csv
import io
from pathlib import Path

from siamese_core.data.table_cells import LEFT, RIGHT, SAME, answer_of
from siamese_core.data.tables import read_table
from siamese_core.errors import UserError
from siamese_core.interchange.content import Content, LabelledPair, LoggedAnswers, Written, image_files

FILE = "pairs.csv"
# names of columns beside those that every table of the program may have; `column_name` cleans them first
_NUMBERED = "image{} image_{} img{} img_{} path{} path_{} file{} file_{} x{}"
LEFTS = (*LEFT, *_NUMBERED.replace("{}", "1").split(), "a", "image_a")
RIGHTS = (*RIGHT, *_NUMBERED.replace("{}", "2").split(), "b", "image_b")
SAMES = (*SAME, "label", "target", "y", "is_same", "same_class", "match", "is_match", "issame")


def read_pairs(file: Path) -> Content:
    """Read the rows of a table; columns beside the three are passed over. UserError where it lacks one."""
    table = read_table(file, (*LEFTS, *RIGHTS, *SAMES))
    sought = {"left": LEFTS, "right": RIGHTS, "same": SAMES}
    found = {
        side: next((name for name in names if name in table.columns), None) for side, names in sought.items()
    }
    if missing := [side for side in found if found[side] is None]:
        raise UserError(
            "A table of pairs names the columns left, right and same (also image1, image2, label) in its "
            f"first line. Received: {file.name} with {', '.join(filter(None, table.columns))[:400]}; "
            f"missing: {', '.join(missing)}. Put these names there."
        )
    cells = table.cells[list(found.values())].fillna("")
    rows = zip(cells.index, cells.itertuples(index=False, name=None), strict=True)
    pairs = (LabelledPair("", left, right, answer_of(same), line=line) for line, (left, right, same) in rows)
    others = [name for name in table.columns if name and name not in found.values()]
    notes = (f"columns passed over: {', '.join(others)[:400]}",) if others else ()
    return Content(tuple(pairs), wrong=tuple(table.wrong), notes=notes)


def write_pairs(answers: LoggedAnswers) -> Written:
    """Write the settled pairs: `left,right,same`, paths as seen from the table, same 1 or 0."""
    files = image_files(each for row in answers.settled for each in (row.left_id, row.right_id))
    path_of = {image_id: path for path, image_id in files.items()}
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(("left", "right", "same"))
    for row in answers.settled:
        writer.writerow((path_of[row.left_id], path_of[row.right_id], int(row.answer == "same")))
    return Written({FILE: text.getvalue()}, files, {"pairs": len(answers.settled), "images": len(files)})
