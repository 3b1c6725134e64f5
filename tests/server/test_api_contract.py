"""Generated requests against the API's own description."""

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from answers import CatService, built, running
from askdoc.server import Settings
from askdoc.server.app import assemble

CHECKS = [
    not_a_server_error,
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
]


@pytest.fixture(scope="module")
def described():
    app = built(assemble, CatService(), Settings(rate="1000000/minute"))
    with running(app) as address:
        yield schemathesis.openapi.from_url(f"{address}/api/openapi.json")


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/api/v1/ask"), ("POST", "/api/v1/search"), ("GET", "/api/v1/articles")],
)
def test_every_answer_is_documented(described, method, path):
    operation = described[path][method]
    cases = st.one_of(operation.as_strategy(generation_mode=mode) for mode in GenerationMode)
    seen = set()

    @given(cases)
    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    def every(case):
        response = case.call()
        seen.add(response.status_code)
        case.validate_response(response, checks=CHECKS)

    every()
    assert {200, 422} <= seen
