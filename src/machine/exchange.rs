//! One request through the proxy: nginx's upstream module as decisions.
