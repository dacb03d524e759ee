"""vidu-run: manifests of generation jobs in; pictures, videos and a results manifest out."""

__version__ = "0.1.0"
