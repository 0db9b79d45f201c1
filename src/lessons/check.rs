//! What a lesson says of scenarios, metrics and knobs: looked at without playing anything.

use std::collections::BTreeSet;

use super::blocks::{Answer, Fix, UNSET};
use super::file::{Kind, MOST_MINUTES};
use super::folder::Folder;
use super::mistakes::{Mistake, Mistakes};
use super::play::{named, plan, scenario_of};
use super::{Lesson, PlayError};
use crate::metrics::Metric;
use crate::plan::RunPlan;
use crate::{expect, plan as plans};

/// Knobs of a fix, at most: so many have a grid that fits into a page.
const MOST_KNOBS: usize = 3;
/// Combinations of their values, at most.
const MOST_POINTS: usize = 240;

/// Everything that is wrong with what a lesson names.
///
/// # Errors
/// All of it, each at its line.
pub fn check(lesson: &Lesson, folder: &Folder) -> Result<(), Mistakes> {
    let mut checker = Checker {
        lesson,
        folder,
        mistakes: Vec::new(),
    };
    checker.whole();
    Mistakes(checker.mistakes).unless(())
}

struct Checker<'a> {
    lesson: &'a Lesson,
    folder: &'a Folder,
    mistakes: Vec<Mistake>,
}

impl Checker<'_> {
    fn say(&mut self, kind: Kind, path: &str, what: impl Into<String>) {
        let mistake = self.lesson.mistake(kind, path, what.into());
        self.mistakes.push(mistake);
    }

    fn whole(&mut self) {
        self.minutes();
        self.questions();
        let run = match plan(
            &self.lesson.run,
            &self.lesson.run.variants,
            self.folder,
            &[],
        ) {
            Ok(run) => run,
            Err(error) => return self.say(Kind::Run, "scenario", error.to_string()),
        };
        self.predictions(&run);
        for (index, row) in (1..).zip(&self.lesson.reveal.row) {
            self.metric(Kind::Reveal, &format!("row.{index}.of"), &row.of, &run);
        }
        self.fix(&run);
    }

    fn minutes(&mut self) {
        let minutes = self.lesson.minutes();
        if minutes == 0 || minutes > MOST_MINUTES {
            let what =
                format!("the steps take {minutes} minutes; a lesson takes 1 to {MOST_MINUTES}");
            self.say(Kind::Teacher, "step", what);
        }
        for kind in Kind::ALL.into_iter().filter(|kind| *kind != Kind::Teacher) {
            let notes = self.lesson.teacher.step.iter();
            let times = notes.filter(|step| step.of == kind).count();
            if times != 1 {
                let what = format!("`{}` has {times} notes, not one", kind.name());
                self.say(Kind::Teacher, "step", what);
            }
        }
    }

    fn questions(&mut self) {
        for (index, question) in (1..).zip(&self.lesson.quiz.question) {
            if question.right == 0 || question.right > question.options.len() {
                let what = format!("there is no option {}", question.right);
                self.say(Kind::Quiz, &format!("question.{index}.right"), what);
            }
        }
        let asked = self.lesson.predict.question.len();
        if asked == 0 || asked > 3 {
            self.say(
                Kind::Predict,
                "question",
                format!("{asked} questions; ask one to three"),
            );
        }
        let ids = self.lesson.predict.question.iter().map(|one| &one.id);
        if ids.collect::<BTreeSet<_>>().len() != asked {
            self.say(
                Kind::Predict,
                "question",
                "two questions have the same `id`",
            );
        }
    }

    fn predictions(&mut self, run: &RunPlan) {
        for (index, question) in (1..).zip(&self.lesson.predict.question) {
            let at = format!("question.{index}.answer");
            match &question.answer {
                Answer::Choice(choices) => {
                    if choices.len() < 2 {
                        self.say(Kind::Predict, &at, "a choice needs two answers or more");
                    }
                    for (number, choice) in (1..).zip(choices) {
                        let at = format!("{at}.choice.{number}.when");
                        self.condition(Kind::Predict, &at, &choice.when, run);
                    }
                }
                Answer::Number(number) => {
                    self.metric(Kind::Predict, &format!("{at}.number.of"), &number.of, run);
                    if number.low >= number.high {
                        self.say(Kind::Predict, &at, "`low` must be below `high`");
                    }
                }
                Answer::Limit(limit) => {
                    let until = format!("{at}.limit.until");
                    self.condition(Kind::Predict, &until, &limit.until, run);
                    if limit.low >= limit.high {
                        self.say(Kind::Predict, &at, "`low` must be below `high`");
                    }
                    let set = [format!("{}={}{}", limit.vary, limit.low, limit.unit)];
                    let lesson = &self.lesson.run;
                    if let Err(error) = plan(lesson, &lesson.variants, self.folder, &set) {
                        self.say(
                            Kind::Predict,
                            &format!("{at}.limit.vary"),
                            error.to_string(),
                        );
                    }
                }
                Answer::Line(line) => {
                    if line.high <= 0.0 {
                        self.say(Kind::Predict, &at, "`high` must be above 0");
                    }
                }
            }
        }
    }

    fn condition(&mut self, kind: Kind, path: &str, that: &str, run: &RunPlan) {
        match expect::parse(that) {
            Err(error) => self.say(kind, path, error.to_string()),
            Ok(condition) => {
                let mentions = condition.mentions();
                for variant in &mentions.variants {
                    self.variant(kind, path, variant, run);
                }
                for group in &mentions.groups {
                    self.group(kind, path, group, run);
                }
            }
        }
    }

    fn metric(&mut self, kind: Kind, path: &str, of: &str, run: &RunPlan) {
        let (variant, name) = named(of);
        self.variant(kind, path, variant, run);
        match Metric::parse(name) {
            Err(unknown) => self.say(kind, path, unknown.what),
            Ok(metric) => {
                if let Some(group) = metric.group() {
                    self.group(kind, path, group, run);
                }
            }
        }
    }

    fn variant(&mut self, kind: Kind, path: &str, name: &str, run: &RunPlan) {
        if !run.variants.iter().any(|one| one.plan.variant == name) {
            self.say(
                kind,
                path,
                format!("`run` does not play the variant `{name}`"),
            );
        }
    }

    fn group(&mut self, kind: Kind, path: &str, name: &str, run: &RunPlan) {
        let mut groups = run.variants.iter().flat_map(|one| &one.plan.groups);
        if !groups.any(|group| group.name == name) {
            self.say(kind, path, format!("there is no client group `{name}`"));
        }
    }

    fn fix(&mut self, run: &RunPlan) {
        let fix = self.lesson.fix.clone();
        self.condition(Kind::Fix, "until", &fix.until, run);
        if fix.knob.is_empty() || fix.knob.len() > MOST_KNOBS {
            let what = format!("{} knobs; a fix has one to {MOST_KNOBS}", fix.knob.len());
            self.say(Kind::Fix, "knob", what);
        }
        let points: usize = fix.knob.iter().map(|knob| knob.values.len()).product();
        if points > MOST_POINTS {
            let what =
                format!("{points} combinations of values; a handout has room for {MOST_POINTS}");
            self.say(Kind::Fix, "knob", what);
        }
        if fix.most == 0 || fix.most > fix.knob.len() {
            self.say(Kind::Fix, "most", format!("of {} knobs", fix.knob.len()));
        }
        if fix.solution.is_empty() {
            self.say(Kind::Fix, "solution", "there is none");
        }
        self.knobs(&fix);
        for (index, solution) in (1..).zip(&fix.solution) {
            self.settings(&fix, &format!("solution.{index}.set"), &solution.set);
        }
        for (index, trap) in (1..).zip(&fix.trap) {
            self.settings(&fix, &format!("trap.{index}.set"), &trap.set);
        }
        for (index, price) in (1..).zip(&fix.price) {
            self.metric(Kind::Fix, &format!("price.{index}.of"), &price.of, run);
        }
    }

    /// Each knob can be set to each of its values, and to the one that it has: then nothing changes.
    fn knobs(&mut self, fix: &Fix) {
        let untouched = self.baseline(&[]);
        for (index, knob) in (1..).zip(&fix.knob) {
            let at = format!("knob.{index}");
            if !knob.values.contains(&knob.now) {
                self.say(Kind::Fix, &format!("{at}.now"), "is not among `values`");
            }
            let values = (1..).zip(&knob.values);
            for (number, value) in values.filter(|(_, value)| *value != UNSET) {
                let set = self.baseline(&[format!("{}={value}", knob.key)]);
                let is_now = *value == knob.now;
                match (set, &untouched) {
                    (Err(error), _) => {
                        let path = format!("{at}.values.{number}");
                        self.say(Kind::Fix, &path, error.to_string());
                    }
                    (Ok(set), Ok(plain)) if is_now && set.variants != plain.variants => {
                        let what = format!("`{value}` is not what the scenario has");
                        self.say(Kind::Fix, &format!("{at}.now"), what);
                    }
                    _ => {}
                }
            }
        }
    }

    /// The plain configuration with these settings.
    fn baseline(&self, set: &[String]) -> Result<RunPlan, PlayError> {
        let scenario = scenario_of(&self.lesson.run, self.folder, set)?;
        let choices = plans::Choices {
            seed: None,
            variants: vec![plans::BASELINE.to_owned()],
        };
        plans::build(&scenario, &choices).map_err(|error| PlayError::Scenario(error.to_string()))
    }

    fn settings(&mut self, fix: &Fix, path: &str, set: &[String]) {
        if set.is_empty() || set.len() > fix.most {
            let what = format!(
                "{} settings, where 1 to {} may be turned",
                set.len(),
                fix.most
            );
            self.say(Kind::Fix, path, what);
        }
        for setting in set {
            let known = setting.split_once('=').is_some_and(|(key, value)| {
                let mut knobs = fix.knob.iter().filter(|knob| knob.key == key);
                knobs.any(|knob| knob.values.iter().any(|known| known == value))
            });
            if !known {
                self.say(
                    Kind::Fix,
                    path,
                    format!("`{setting}` is no value of a knob"),
                );
            }
        }
    }
}
