"""Loads FastAPI without what nobody needs at a start: its models of OpenAPI documents, and pydantic's old ones.

Building the former takes more than a tenth of all imports; each is built when it is first used (pydantic,
`defer_build`).
To be imported before anything that imports FastAPI.
"""

from pydantic import BaseModel

BaseModel.model_config["defer_build"] = True  # of the models that are made from here on, which is FastAPI's alone
try:
    import fastapi.openapi.models  # noqa: F401 - to have it loaded
    from fastapi._compat import shared
finally:
    del BaseModel.model_config["defer_build"]

# It loads all of pydantic.v1, a twentieth of the start, to refuse models of it, of which there are none here.
shared.is_pydantic_v1_model_class = lambda cls: False  # noqa: ARG005
