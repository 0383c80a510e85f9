"""The command `facetally`: each service that people call mounts its own commands here."""

from importlib.util import find_spec

import typer

from services.backfill.__main__ import app as backfill
from services.cost.__main__ import app as cost
from services.detect.__main__ import app as detect
from services.estate.__main__ import app as estate
from services.estate.__main__ import camera_app as camera
from services.faceapi.command import app as keys
from services.labels.__main__ import app as sample
from services.labels.__main__ import datasets_app as datasets
from services.labels.__main__ import labels_app as labels
from services.operate.__main__ import app as operate
from services.report.command import app as people
from services.rollout.__main__ import app as models

app = typer.Typer(
    help="Tallies of customers by age, gender and mood, from exit-camera photos, on your own machines.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)
camera.add_typer(detect)
# The image for a cluster has neither the servers nor the demo of one machine, and plans nothing.
if find_spec("services.standalone"):
    from services.demo.__main__ import app as demo
    from services.plan.__main__ import app as plan
    from services.standalone.__main__ import app as standalone

    app.add_typer(standalone)
    app.add_typer(demo)
    app.add_typer(plan, name="plan")
app.add_typer(estate, name="estate")
app.add_typer(operate)
app.add_typer(camera, name="camera")
app.add_typer(people, name="people")
app.add_typer(keys, name="keys")
app.add_typer(models, name="models")
app.add_typer(backfill, name="backfill")
app.add_typer(sample)
app.add_typer(labels, name="labels")
app.add_typer(datasets, name="datasets")
app.add_typer(cost)
