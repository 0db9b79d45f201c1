//! Manifests for Kubernetes: an Indexed Job, one pod a shard; a Job that merges; and a recipe for the image.
//!
//! Strings are written as JSON has them, which YAML reads as the same. Failed shards are tried again by themselves (`backoffLimitPerIndex`,
//! since Kubernetes 1.29) and go on where they were interrupted.

use super::{Page, Work};

/// Where the volume is in the container.
const OUT: &str = "/results";
/// Where a scenario's file is.
const SCENARIO: &str = "/scenario";
/// Ours: pods that run at once, until somebody says what the cluster holds.
const PARALLELISM: usize = 8;
/// A label's longest value (RFC 1123).
const LONGEST_NAME: usize = 63;

/// The files.
pub(super) fn pages(work: &Work<'_>, image: &str, claim: &str) -> anyhow::Result<Vec<Page>> {
    let name = name(&work.asked.scenario);
    let mut shard = work.shard.clone();
    if let Some((file, _)) = &work.file {
        shard[1] = format!("{SCENARIO}/{file}");
    }
    shard.extend(["--out", OUT].map(str::to_owned));
    let (completions, parallelism) = (work.of, work.of.min(PARALLELISM));
    let mut job = configmap(work, &name)?;
    job.push_str(&format!(
        "apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: {sweep}\nspec:\n  completionMode: Indexed\n  completions: {completions}\n  \
         parallelism: {parallelism}\n  backoffLimitPerIndex: 3\n",
        sweep = text(&format!("{name}-sweep"))?,
    ));
    job.push_str(&pod(work, &name, (image, claim), &shard)?);
    let mut merge = format!(
        "apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: {}\nspec:\n  backoffLimit: 0\n",
        text(&format!("{name}-merge"))?
    );
    merge.push_str(&pod(work, &name, (image, claim), &work.merging(OUT)?)?);
    let head = format!(
        "# kubectl apply -f job.yaml && kubectl wait --for=condition=complete --timeout=-1s job/{name}-sweep && kubectl apply -f merge.yaml\n"
    );
    Ok(vec![
        Page::new("job.yaml", head + &job),
        Page::new("merge.yaml", merge),
        Page::new("Containerfile", container(image)),
    ])
}

/// The scenario's file as an object of the cluster.
fn configmap(work: &Work<'_>, name: &str) -> anyhow::Result<String> {
    let Some((file, contents)) = &work.file else {
        return Ok(String::new());
    };
    Ok(format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {}\ndata:\n  {}: {}\n---\n",
        text(&format!("{name}-scenario"))?,
        text(file)?,
        text(contents)?
    ))
}

fn pod(
    work: &Work<'_>,
    name: &str,
    (image, claim): (&str, &str),
    arguments: &[String],
) -> anyhow::Result<String> {
    let mut pod = format!(
        "  template:\n    spec:\n      restartPolicy: Never\n      securityContext:\n        runAsNonRoot: true\n        runAsUser: 65534\n        \
         fsGroup: 65534\n      containers:\n        - name: slowlab\n          image: {}\n          command: [\"slowlab\"]\n          args:\n",
        text(image)?
    );
    for argument in arguments {
        pod.push_str(&format!("            - {}\n", text(argument)?));
    }
    pod.push_str(&format!(
        "          resources:\n            requests: {{ cpu: \"1\", memory: \"256Mi\" }}\n            limits: {{ cpu: \"1\", memory: \"1Gi\" }}\n          \
         volumeMounts:\n            - {{ name: results, mountPath: \"{OUT}\" }}\n"
    ));
    if work.file.is_some() {
        pod.push_str(&format!(
            "            - {{ name: scenario, mountPath: \"{SCENARIO}\", readOnly: true }}\n"
        ));
    }
    pod.push_str(&format!(
        "      volumes:\n        - name: results\n          persistentVolumeClaim: {{ claimName: {} }}\n",
        text(claim)?
    ));
    if work.file.is_some() {
        let map = text(&format!("{name}-scenario"))?;
        pod.push_str(&format!(
            "        - name: scenario\n          configMap: {{ name: {map} }}\n"
        ));
    }
    Ok(pod)
}

fn container(image: &str) -> String {
    let version = env!("CARGO_PKG_VERSION");
    format!(
        "# In slowlab's repository, at version {version}: podman build -f THIS_FILE -t {} .\n\
         # The shards and what merges them must be of one version; `slowlab --version` says which.\n\
         FROM docker.io/library/rust:1-bookworm AS build\n\
         WORKDIR /src\n\
         COPY . .\n\
         RUN cargo build --locked --profile dist --bin slowlab\n\
         FROM docker.io/library/debian:bookworm-slim\n\
         COPY --from=build /src/target/dist/slowlab /usr/local/bin/slowlab\n\
         USER 65534\n\
         ENTRYPOINT [\"slowlab\"]\n",
        image.replace(['\n', '\r'], " ")
    )
}

/// A scenario's name as that of an object: lower case, digits and `-`.
fn name(scenario: &str) -> String {
    let safe = |c: char| match c.to_ascii_lowercase() {
        c if c.is_ascii_alphanumeric() => c,
        _ => '-',
    };
    let name: String = scenario.chars().map(safe).collect();
    let longest = LONGEST_NAME - "slowlab--scenario".len();
    let name: String = name.trim_matches('-').chars().take(longest).collect();
    format!("slowlab-{}", name.trim_end_matches('-'))
}

fn text(text: &str) -> anyhow::Result<String> {
    Ok(serde_json::to_string(text)?)
}
