"""Git LFS: recognizes the pointers that stand for files not fetched yet."""

from __future__ import annotations

# https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
_LFS_HEADS = (
    b"version https://git-lfs.github.com/spec/",
    b"version https://hawser.github.com/spec/",
)
LFS_HINT = "run `git lfs pull`"


def pointer_kind(head: bytes) -> tuple[str, str] | None:
    """What stands for content not fetched yet, and how to fetch it; None for any other file."""
    if is_lfs_head(head):
        return "a Git LFS pointer", LFS_HINT
    # https://git-annex.branchable.com/internals/pointer_file/
    if head.startswith(b"/annex/objects/"):
        return "a git-annex pointer", "run `git annex get`"
    return None


def is_lfs_head(head: bytes) -> bool:
    """Whether a file starts like a Git LFS pointer, which stands for content not fetched yet."""
    return head.startswith(_LFS_HEADS)
