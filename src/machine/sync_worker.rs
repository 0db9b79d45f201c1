//! The sync worker: gunicorn's loop as decisions.
