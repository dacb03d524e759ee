"""Each documented `err_code` of a task that fails: its class, and whether it is made again."""

from __future__ import annotations

from tests.commands.conftest import Project
from tests.commands.serving import serving

INPUT = (
    *("ImageFormatInvalid", "ImageDownloadFailure", "ImageSizeInvalid", "PageSizeOutOfRange"),
    *("ImageCheckBodyJointsFailed", "ImageCheckFaceFailed", "ImageObjectsUndetected"),
    *("FaceDetectFailure", "FaceDetectNotPass", "NoFaceDetected", "MultiFaceDetected"),
    *("VideoDownloadFailure", "VideoFormatInvalid"),
)
POLICY = (
    *("AuditSubmitIllegal", "TaskPromptPolicyViolation", "CreationPolicyViolation"),
    *("PhotoAuditNotPass", "AuditFailed"),
)
CLASSES = {
    **dict.fromkeys(INPUT, "input"),
    **dict.fromkeys(POLICY, "policy"),
    "Unknown": "provider",
    "InternalServiceFailure": "provider",
    "UserCancelled": "transient",
}
MADE_AGAIN = {"InternalServiceFailure", "UserCancelled"}
"""By themselves: the same request would fail again, and for `Unknown` the user decides."""


def test_an_error_code_decides_whether_a_task_is_made_again(project: Project) -> None:
    project.jobs("".join(f"  - {{id: job-{n}, prompt: boat {n}}}\n" for n in range(len(CLASSES))))
    faults = [
        {"on": "vidu.submit", "nth": number, "fault": "fail_task", "err_code": code}
        for number, code in enumerate(CLASSES, 1)
    ]
    with serving(project, time_scale=0, faults=faults) as served:
        assert project.run("spring.yaml", "--no-download").code == 1
        failed = {id_: row["error"] for id_, row in project.rows().items()}
        assert {error["code"]: error["class"] for error in failed.values()} == CLASSES
        assert {error["billed"] for error in failed.values()} == {"no"}
        assert project.run("spring.yaml", "--no-download").code == 1
        assert len(served.tasks()) == len(CLASSES) + len(MADE_AGAIN)
        again = {id_ for id_, row in project.rows().items() if row["state"] == "succeeded"}
    assert {failed[id_]["code"] for id_ in again} == MADE_AGAIN
