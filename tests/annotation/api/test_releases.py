"""Releases, their files, runs and policies over HTTP."""

import hashlib

import pytest

from annotation.models import Deployment, Release, Run
from tests.factories import DeploymentFactory, PolicyFactory, ReleaseFactory, RunFactory

TEXT = bytes(range(256)) * 1000


@pytest.fixture
def release(project, settings, tmp_path):
    """A ready release with one file."""
    settings.RELEASES_DIR = tmp_path
    made = ReleaseFactory(
        project=project,
        manifest={
            "files": {"preference/train.jsonl": {"sha256": hashlib.sha256(TEXT).hexdigest(), "bytes": len(TEXT)}}
        },
    )
    folder = tmp_path / str(made.pk)
    (folder / "preference").mkdir(parents=True)
    (folder / "preference" / "train.jsonl").write_bytes(TEXT)
    (folder / "manifest.json").write_text("{}")
    (folder / "secret.txt").write_text("not in the manifest")
    (tmp_path / "outside.txt").write_text("outside")
    return made


def get(client, release, name="preference/train.jsonl", **headers):
    return client.get(f"/api/v1/releases/{release.pk}/files/{name}", headers=headers)


def body(answer):
    return b"".join(answer.streaming_content)


def test_a_file_comes_whole_with_its_hash_as_etag(engineer, release):
    answer = get(engineer, release)

    content = body(answer)
    assert answer.status_code == 200
    assert answer["ETag"] == f'"{hashlib.sha256(content).hexdigest()}"'
    assert (answer["Content-Length"], answer["Accept-Ranges"]) == (str(len(TEXT)), "bytes")
    assert content == TEXT


@pytest.mark.parametrize(
    "wanted, first, last",
    [
        ("bytes=0-99", 0, 99),
        ("bytes=100-", 100, 255_999),
        ("bytes=-10", 255_990, 255_999),
        ("bytes=-999999", 0, 255_999),
        ("bytes=70000-200000", 70_000, 200_000),
        ("bytes=255999-999999999", 255_999, 255_999),
    ],
)
def test_a_range_of_a_file_can_be_fetched(engineer, release, wanted, first, last):
    answer = get(engineer, release, Range=wanted)

    assert answer.status_code == 206
    assert answer["Content-Range"] == f"bytes {first}-{last}/256000"
    assert answer["Content-Length"] == str(last - first + 1)
    assert body(answer) == TEXT[first : last + 1]


@pytest.mark.parametrize(
    "wanted", ["bytes=256000-", "bytes=5-2", "bytes=-", "bytes=-0", "bytes=a-b", "bytes=1", "bytes=" + "9" * 50 + "-"]
)
def test_a_range_outside_the_file_is_answered_416(engineer, release, wanted):
    answer = get(engineer, release, Range=wanted)

    assert answer.status_code == 416
    assert answer["Content-Range"] == "bytes */256000"


@pytest.mark.parametrize("wanted", ["lines=0-5", "bytes=0-1,5-9", "nonsense"])
def test_ranges_of_another_kind_give_the_whole_file(engineer, release, wanted):
    assert body(get(engineer, release, Range=wanted)) == TEXT


def test_a_download_goes_on_only_if_the_file_is_the_same(engineer, release):
    etag = get(engineer, release)["ETag"]

    same = get(engineer, release, Range="bytes=5-9", **{"If-Range": etag})
    other = get(engineer, release, Range="bytes=5-9", **{"If-Range": '"other"'})

    assert (same.status_code, other.status_code) == (206, 200)


def test_a_known_file_is_not_sent_again(engineer, release):
    etag = get(engineer, release)["ETag"]

    answer = get(engineer, release, **{"If-None-Match": etag})

    assert (answer.status_code, answer["ETag"]) == (304, etag)


@pytest.mark.parametrize(
    "name",
    ["secret.txt", "../outside.txt", "..%2Foutside.txt", "preference/../secret.txt", "/etc/passwd", "%00", "preference",
     "preference/train.jsonl/", "nothing.jsonl"],
)  # fmt: skip
def test_only_files_of_the_manifest_are_served(engineer, release, name):
    assert get(engineer, release, name).status_code == 404


def test_the_manifest_itself_is_served(engineer, release):
    assert body(get(engineer, release, "manifest.json")) == b"{}"


def test_a_release_that_is_not_ready_has_no_files(engineer, release):
    Release.objects.update(state="building")

    answer = get(engineer, release)

    assert (answer.status_code, answer.json()["type"]) == (409, "release-not-ready")


def test_a_release_is_queued_and_then_shown_with_its_files(engineer, release, project):
    made = engineer.send(
        "POST", f"/api/v1/projects/{project.slug}/releases", {"filters": {"min_annotators": 2}, "seed": 5}
    )
    shown = engineer.get(f"/api/v1/releases/{release.pk}").json()

    assert made.status_code == 201
    assert (made.json()["state"], made.json()["filters"]["min_annotators"], made.json()["seed"]) == ("queued", 2, 5)
    url = shown["files"]["preference/train.jsonl"]["url"]
    assert body(engineer.get(url)) == TEXT


@pytest.mark.parametrize(
    "wanted, status",
    [
        ({"filters": {"colour": "red"}}, 400),
        ({"filters": []}, 400),
        ({"filters": {"kinds": 5}}, 400),
        ({"filters": {"kinds": [{}]}}, 400),
        ({"filters": {"policies": 5}}, 400),
        ({"filters": {"policies": ["a\x00b"]}}, 400),
        ({"filters": {"queue": "first"}}, 400),
        ({"filters": {"queue": 10**30}}, 400),
        ({"filters": {"queue": -1}}, 422),
        ({"filters": {"since": "yesterday"}}, 422),
        ({"filters": {"since": "2026-01-01T00:00:00"}}, 422),
        ({"filters": {"since": "2026-13-45T00:00:00Z"}}, 422),
        ({"filters": {"min_agreement": 2}}, 400),
        ({"recipe": {"test_share": 0.9}}, 422),
        ({"recipe": {"tie": "half"}}, 422),
        ({"recipe": {"magic": 1}}, 400),
        ({"seed": -1}, 400),
        ({"seed": 2**60}, 400),
    ],
)
def test_an_impossible_release_is_refused(engineer, project, wanted, status):
    answer = engineer.send("POST", f"/api/v1/projects/{project.slug}/releases", wanted)

    assert answer.status_code == status
    assert not Release.objects.exists()


def test_a_run_is_queued_shown_and_stopped(engineer, release, project):
    made = engineer.send(
        "POST", f"/api/v1/projects/{project.slug}/runs", {"release": release.pk, "config": {"seed": 3}}
    )
    path = f"/api/v1/runs/{made.json()['id']}"

    stopped = engineer.send("POST", f"{path}/cancel")

    assert (made.status_code, made.json()["state"]) == (201, "queued")
    assert (stopped.status_code, stopped.json()["state"]) == (200, "cancelled")
    assert engineer.get(path).json()["metrics"] == []
    assert engineer.get(f"/api/v1/projects/{project.slug}/runs").json()["results"][0]["number"] == 1


def test_a_run_shows_its_metrics_while_it_goes_on(engineer, project, settings, tmp_path):
    settings.RUNS_DIR = tmp_path
    run = RunFactory(project=project)
    policy = PolicyFactory(project=project, origin="trained", run=run, release=run.release)
    (tmp_path / str(run.pk)).mkdir()
    (tmp_path / str(run.pk) / "metrics.jsonl").write_text('{"step": 1, "loss": 0.7}\n{"step": 2, "lo')

    shown = engineer.get(f"/api/v1/runs/{run.pk}").json()

    assert shown["metrics"] == [{"step": 1, "loss": 0.7}]
    assert shown["policy"] == policy.pk


@pytest.mark.parametrize(
    "wanted, status",
    [
        ({}, 400),
        ({"release": "newest"}, 400),
        ({"release": 10**18}, 400),
        ({"release": 0, "config": []}, 400),
        ({"release": 0, "config": {"epochs": "many"}}, 422),
        ({"release": 0, "config": {"speed": 1}}, 422),
        ({"release": 0, "config": {"steps": True}}, 422),
    ],
)
def test_an_impossible_run_is_refused(engineer, release, project, wanted, status):
    if wanted.get("release") == 0:
        wanted = {**wanted, "release": release.pk}

    answer = engineer.send("POST", f"/api/v1/projects/{project.slug}/runs", wanted)

    assert answer.status_code == status
    assert not Run.objects.exists()


def test_a_run_cannot_learn_from_another_projects_release(engineer, project):
    foreign = ReleaseFactory()

    answer = engineer.send("POST", f"/api/v1/projects/{project.slug}/runs", {"release": foreign.pk})

    assert answer.status_code == 400


def test_there_is_no_champion_before_the_first_promotion(engineer, project):
    answer = engineer.get(f"/api/v1/projects/{project.slug}/champion")

    assert (answer.status_code, answer.json()["type"]) == (404, "no-champion")


def test_promote_and_roll_back_change_the_champion_and_keep_the_history(engineer, project):
    first, second = PolicyFactory.create_batch(2, project=project)
    DeploymentFactory(project=project, policy=first)

    promoted = engineer.send("POST", f"/api/v1/policies/{second.pk}/promote", {"reason": "wins 61 %"})
    champion = engineer.get(f"/api/v1/projects/{project.slug}/champion").json()
    back = engineer.send("POST", f"/api/v1/projects/{project.slug}/rollback", {"reason": "complaints"})

    assert promoted.status_code == back.status_code == 201
    assert (promoted.json()["policy"]["id"], promoted.json()["previous"]) == (second.pk, first.pk)
    assert champion["id"] == second.pk
    assert (back.json()["policy"]["id"], back.json()["kind"]) == (first.pk, "rollback")
    assert Deployment.objects.count() == 3


@pytest.mark.parametrize("reason, status", [(None, 400), ("", 400), ("x" * 501, 400), ("  ", 400), (["x"], 400)])
def test_a_promotion_needs_a_reason(engineer, project, reason, status):
    policy = PolicyFactory(project=project)

    answer = engineer.send("POST", f"/api/v1/policies/{policy.pk}/promote", {"reason": reason})

    assert answer.status_code == status
    assert not Deployment.objects.exists()


def test_the_champion_cannot_be_promoted_again_nor_nothing_rolled_back(engineer, project):
    champion = DeploymentFactory(project=project).policy

    again = engineer.send("POST", f"/api/v1/policies/{champion.pk}/promote", {"reason": "still"})
    back = engineer.send("POST", f"/api/v1/projects/{project.slug}/rollback", {"reason": "oops"})

    assert [(a.status_code, a.json()["type"]) for a in (again, back)] == [
        (409, "already-champion"),
        (409, "nothing-to-roll-back-to"),
    ]
