"""Serve plain HTTP beside gradio: health, thumbnails, the log and exports as files."""

from collections.abc import Callable
from functools import lru_cache, partial, wraps
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from siamese_core.data.assets import ASSETS
from siamese_core.errors import UserError
from siamese_core.images.decoding import decode_image, encode_png, thumbnail
from siamese_core.operating.metrics import Metrics
from siamese_core.page.evaluate.downloads import report_routes
from siamese_core.page.parts.downloads import download
from siamese_core.page.parts.samples import sample_file
from siamese_core.page.serving.contract.replies import API_VERSION
from siamese_core.review.exports import write_classes, write_triplets
from siamese_core.workspace.workbench import Workbench

THUMBNAIL_SIDE = 192  # pixels
VENDORED = ("regl.min.js", "regl-scatterplot.min.js", "pub-sub-es.js")  # scripts that the map loads
FOREVER = {"Cache-Control": "private, max-age=31536000, immutable"}


def routes(workbench: Workbench, metrics: Metrics) -> list[Route]:
    """Return the routes. Their handlers are plain functions, which starlette runs in threads."""

    def stored_thumbnail(request: Request) -> Response:
        """The image with this id as PNG, at most 192 pixels a side."""
        image = workbench.images.read(request.path_params["image_id"])
        return png(encode_png(thumbnail(image, THUMBNAIL_SIDE)))

    def stored_picture(request: Request) -> Response:
        """The image with this id as PNG."""
        image_id = request.path_params["image_id"]
        if image_id not in workbench.images:
            workbench.images.read(image_id)  # raises the UserError that says what is wrong
        return FileResponse(workbench.images.path(image_id), media_type="image/png", headers=FOREVER)

    def sample(request: Request) -> Response:
        return png(sample_thumbnail(request.path_params["name"]))

    def vendored(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in VENDORED:
            return PlainTextResponse("error: there is no such file\n", 404)
        return FileResponse(ASSETS / "web" / "vendor" / name, media_type="text/javascript")

    def log_file(request: Request) -> Response:
        """Every answer, as CSV: a row an event."""
        return download("pairs.csv", "text/csv", workbench.log.export)

    def triplet_file(request: Request) -> Response:
        """The answers as triplets for training: a zip of images and a CSV."""
        return download("triplets.zip", "application/zip", partial(exported, write_triplets))

    def class_file(request: Request) -> Response:
        """The images by class, as the answers join them: a zip of class folders."""
        return download("classes.zip", "application/zip", partial(exported, write_classes))

    def exported(write: Callable, file: Path) -> None:
        write(workbench.log.rows(), workbench.images, file)

    return [
        Route("/thumbs/{image_id}.png", or_told(stored_thumbnail)),
        Route("/pictures/{image_id}.png", or_told(stored_picture)),
        Route("/vendor/{name}", vendored),
        Route("/samples/{name}", or_told(sample)),
        Route("/pairs.csv", or_told(log_file, 503)),
        Route("/triplets.zip", or_told(triplet_file)),
        Route("/classes.zip", or_told(class_file)),
        *state_routes(workbench, metrics),
        *report_routes(workbench),
    ]


def state_routes(workbench: Workbench, metrics: Metrics) -> list[Route]:
    """Return the routes for whoever watches the server."""

    def health(request: Request) -> Response:
        """What /status tells, with 200 when both slots can serve, else 503."""
        status = workbench.status() | {"api_version": API_VERSION}
        return JSONResponse(status, 200 if status["ready"] else 503)

    def measured(request: Request) -> Response:
        """What the server does, for Prometheus; 501 where it is not installed for that."""
        text, media_type = metrics.text()
        return Response(text, headers={"Content-Type": media_type})

    return [Route("/healthz", health), Route("/metrics", or_told(measured, 501))]


@lru_cache
def sample_thumbnail(name: str) -> bytes:
    """Return a sample as PNG, kept in memory: every visitor loads all of them. UserError if there is none."""
    return encode_png(thumbnail(decode_image(sample_file(name)), THUMBNAIL_SIDE))


def png(file: bytes) -> Response:
    return Response(file, media_type="image/png", headers=FOREVER)


def or_told(handler: Callable[[Request], Response], status: int = 404) -> Callable[[Request], Response]:
    """Wrap a handler so that a UserError is answered in words, with this HTTP status and its code."""

    @wraps(handler)
    def careful(request: Request) -> Response:
        try:
            return handler(request)
        except UserError as problem:
            told = {"X-Error-Code": problem.code}
            return PlainTextResponse(f"error: {problem}\n", status, headers=told)

    return careful
