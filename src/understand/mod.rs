//! What a user's own nginx and gunicorn configuration says: every value with where it was found or how it was worked out, and what cannot be told.
//!
//! Nothing is executed, nothing is guessed silently, and no value is shown that a user did not name a setting of ours (secrets stand beside them).
//! `slowlab import` makes a scenario of it, `slowlab site` answers questions about it.

mod environment;
mod error;
mod files;
mod gunicorn;
mod known;
mod nginx;
mod python;
mod quantities;
mod said;
mod select;
mod settings;
mod shell;
mod starts;
mod told;

pub use error::UnderstandError;
pub use gunicorn::Gunicorn;
pub use known::{Known, Place, Text};
pub use nginx::{Address, Directive, Match, Other, Peer, Site};
pub use said::{Said, Speech};
pub use told::{Question, Setting, Sources, Told, Understood, holding};

/// Reads everything that was named.
///
/// # Errors
/// A file that cannot be read, a template, a syntax error, no location that passes requests on.
pub fn understand(sources: &Sources) -> Result<Understood, UnderstandError> {
    let files = files::Files::new(sources.root.as_deref(), sources.nginx.as_deref());
    let base = environment::Environment::new(sources.cpus, &sources.env);
    let read = select::read(sources, &base)?;
    let tree = match &sources.nginx {
        Some(path) => Some(nginx::read(path, &files)?),
        None => None,
    };
    let asked = nginx::Asked {
        server: sources.server.as_deref(),
        path: sources.location.as_deref(),
    };
    let mut understood = Understood::default();
    let configuration = tree.as_ref().map(nginx::Configuration::of);
    let picked = select::pick(read, configuration.as_ref(), &base, asked, &mut understood)?;
    if let (Some(configuration), Some(chosen)) = (&configuration, picked) {
        nginx::tell(configuration, &chosen, &base, &mut understood.told);
        understood.site = Some(chosen.site);
    }
    if let Some(tree) = &tree {
        includes(tree, &mut understood.told);
    }
    settings::backend(&mut understood);
    settings::questions(sources, &mut understood);
    Ok(understood)
}

/// Files of MIME types and of parameters of other protocols say nothing about slow clients.
const HARMLESS: [&str; 6] = [
    "mime.types",
    "uwsgi_params",
    "fastcgi_params",
    "fastcgi.conf",
    "scgi_params",
    "proxy_params",
];

fn includes(tree: &nginx::Tree, told: &mut Told) {
    for (pattern, at) in &tree.missing {
        let last = pattern.rsplit('/').next().unwrap_or(pattern);
        if HARMLESS.contains(&last) || pattern.contains("modules-enabled") {
            told.ignore("include");
            continue;
        }
        let include = format!("include {pattern} ({at})");
        told.unmapped
            .push(Said::of("understood-include-missing").with("include", include));
    }
    for (pattern, file, at) in &tree.taken_for {
        let read = Said::of("understood-include-as")
            .with("include", format!("include {pattern} ({at})"))
            .with("file", file.as_str());
        told.notes.push(read);
    }
}

#[cfg(test)]
mod tests;
