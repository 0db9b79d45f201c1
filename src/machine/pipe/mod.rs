//! The response pipe: nginx's event pipe as decisions.
