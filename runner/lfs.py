"""Git LFS: recognizes the pointers that stand for files not fetched yet."""

from __future__ import annotations

# https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
_LFS_HEADS = (
    b"version https://git-lfs.github.com/spec/",
    b"version https://hawser.github.com/spec/",
)
LFS_HINT = "run `git lfs pull`"


def is_lfs_head(head: bytes) -> bool:
    """Whether a file starts like a Git LFS pointer, which stands for content not fetched yet."""
    return head.startswith(_LFS_HEADS)
