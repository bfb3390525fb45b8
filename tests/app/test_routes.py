"""Routes that Saddle adds to Streamlit's own."""

from starlette.applications import Starlette
from starlette.testclient import TestClient

from app.routes import routes


def test_an_animation_is_made_of_posted_frames_and_nonsense_is_refused():
    own = {"origin": "http://testserver"}
    with TestClient(Starlette(routes=routes())) as client:
        good = client.post("/saddle/gif?frames=3&height=28&width=28", content=bytes(3 * 784), headers=own)
        assert good.status_code == 200 and good.content[:6] == b"GIF89a"
        for query, body, status in (
            ("frames=3&height=28&width=28", bytes(10), 400),
            ("frames=9999&height=28&width=28", b"", 400),
            ("frames=x", b"", 400),
            ("frames=1&height=2&width=2", bytes(100_000), 400),
        ):
            assert client.post(f"/saddle/gif?{query}", content=body, headers=own).status_code == status
        assert (
            client.post(
                "/saddle/gif?frames=1&height=2&width=2", content=bytes(4), headers={"origin": "http://elsewhere"}
            ).status_code
            == 403
        )
