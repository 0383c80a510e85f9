"""What the JSON of every protocol is made of. Pure."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

Share = Annotated[float, Field(ge=0, le=1)]


class Wire(BaseModel):
    """An object whose fields are written in camel case."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)
