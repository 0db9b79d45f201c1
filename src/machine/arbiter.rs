//! The arbiter: gunicorn's master as decisions.
