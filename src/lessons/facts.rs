//! What is the same in every language of a lesson: everything but words.

use super::Lesson;
use super::blocks::Answer;

impl Lesson {
    /// Its facts, one a line, for comparison.
    pub fn facts(&self) -> Vec<String> {
        let mut facts = vec![format!("run {:?}", self.run)];
        facts.push(format!("minutes {:?}", self.minutes_by_step()));
        for question in &self.predict.question {
            facts.push(format!(
                "predict {}: {}",
                question.id,
                asked(&question.answer)
            ));
        }
        facts.push(format!("reveal {:?}", self.reveal.look_at));
        let rows = self.reveal.row.iter();
        facts.extend(rows.map(|row| format!("reveal {} is {}", row.of, row.sim)));
        let fix = &self.fix;
        facts.push(format!("fix until {}, at most {}", fix.until, fix.most));
        let knobs = fix.knob.iter();
        facts.extend(
            knobs.map(|knob| format!("knob {}: {:?}, now {}", knob.key, knob.values, knob.now)),
        );
        facts.extend(
            fix.solution
                .iter()
                .map(|one| format!("solution {:?}", one.set)),
        );
        facts.extend(fix.trap.iter().map(|one| format!("trap {:?}", one.set)));
        facts.extend(fix.price.iter().map(|one| format!("price {}", one.of)));
        for question in &self.quiz.question {
            facts.push(format!(
                "quiz {} of {}",
                question.right,
                question.options.len()
            ));
        }
        facts.push(format!("wrong {}", self.teacher.wrong.len()));
        let commands = self.teacher.command.iter();
        facts.extend(commands.map(|command| format!("command {}", command.run)));
        facts
    }

    fn minutes_by_step(&self) -> Vec<(&'static str, u32)> {
        let steps = self.teacher.step.iter();
        steps.map(|step| (step.of.name(), step.minutes)).collect()
    }
}

fn asked(answer: &Answer) -> String {
    match answer {
        Answer::Choice(choices) => {
            let conditions: Vec<&str> = choices.iter().map(|one| one.when.as_str()).collect();
            format!("{conditions:?}")
        }
        Answer::Number(number) => format!("{number:?}"),
        Answer::Limit(limit) => format!("{limit:?}"),
        Answer::Line(line) => format!("{line:?}"),
    }
}
