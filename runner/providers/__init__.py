"""Providers: a job's finished body into a request, a reply into what it means; no sockets."""
