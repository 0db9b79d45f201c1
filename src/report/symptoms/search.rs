//! Which symptom somebody means: words that agree, with room for a slip of the hand.

use super::{Log, SYMPTOMS, Symptom};
use crate::report::words::{Language, Words};

/// What a word is worth where it stands in a line of a log, in the title, or among the other words.
const LINE: u32 = 4;
const TITLE: u32 = 4;
const OTHER: u32 = 3;
/// A whole phrase out of a log is worth more than its words.
const PHRASE: u32 = 20;
/// Words of which nothing follows.
const EMPTY: [&str; 16] = [
    "the", "a", "an", "to", "of", "in", "is", "my", "and", "at", "on", "but", "it", "with", "for",
    "by",
];

/// The symptoms that a question may be about, the likeliest first; none if no word agrees.
pub fn search(question: &str) -> Vec<&'static Symptom> {
    let question = plain(question);
    let words: Vec<&str> = question
        .split(' ')
        .filter(|word| !word.is_empty() && !EMPTY.contains(word))
        .collect();
    let scored = SYMPTOMS
        .iter()
        .map(|symptom| (score(symptom, &question, &words), symptom));
    let mut found: Vec<(u32, &Symptom)> = scored.filter(|(score, _)| *score > 0).collect();
    found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    let best = found.first().map_or(0, |(score, _)| *score);
    // What agrees in little more than a number or a common word only distracts.
    found.retain(|(score, _)| 2 * score >= best);
    found.into_iter().map(|(_, symptom)| symptom).collect()
}

fn score(symptom: &Symptom, question: &str, words: &[&str]) -> u32 {
    let title: Vec<String> = Language::ALL
        .iter()
        .map(|language| Words::of(*language).say(&format!("symptom-{}", symptom.key), []))
        .collect();
    let title = plain(&format!(
        "{} {} {}",
        symptom.key,
        symptom.kinds.join(" "),
        title.join(" ")
    ));
    let lines = symptom.lines.iter().map(|line| match line.log {
        // A path is anybody's; a status is not.
        Log::Access => numbers(&plain(&line.shown())),
        _ => plain(&line.shown()),
    });
    let lines: Vec<String> = lines.collect();
    let also = plain(symptom.also);
    let phrase = words.len() >= 2
        && (lines.iter().any(|line| line.contains(question)) || title.contains(question));
    let mut score = if phrase { PHRASE } else { 0 };
    for word in words {
        let near = |text: &str| text.split(' ').map(|known| nearness(word, known)).max();
        let in_lines = lines.iter().filter_map(|line| near(line)).max();
        let places = [
            LINE * in_lines.unwrap_or(0),
            TITLE * near(&title).unwrap_or(0),
            OTHER * near(&also).unwrap_or(0),
        ];
        score += places.into_iter().max().unwrap_or(0);
    }
    score
}

/// Small letters and digits, one space between words.
fn plain(text: &str) -> String {
    let letters = text.chars().map(|letter| match letter {
        letter if letter.is_alphanumeric() => letter,
        _ => ' ',
    });
    let text: String = letters.collect::<String>().to_lowercase();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn numbers(text: &str) -> String {
    let words = text.split(' ');
    let numbers =
        words.filter(|word| word.len() == 3 && word.bytes().all(|one| one.is_ascii_digit()));
    numbers.collect::<Vec<_>>().join(" ")
}

/// 2 for the same word, 1 for one that begins alike or is a slip away, 0 for another.
fn nearness(word: &str, known: &str) -> u32 {
    if word == known {
        return 2;
    }
    let long = word.chars().count() >= 4 && known.chars().count() >= 4;
    // A number is that number or none.
    let is_number = |text: &str| text.chars().all(|letter| letter.is_ascii_digit());
    if !long || is_number(word) {
        return 0;
    }
    let alike = known.starts_with(word) || word.starts_with(known);
    u32::from(alike || slips(word, known) <= if word.len() >= 8 { 2 } else { 1 })
}

/// How many letters were changed, left out or put in.
fn slips(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.iter().enumerate() {
        let mut before = row[0];
        row[0] = i + 1;
        for (j, right) in b.iter().enumerate() {
            let cost = before + usize::from(left != right);
            before = row[j + 1];
            row[j + 1] = cost.min(row[j] + 1).min(before + 1);
        }
    }
    row[b.len()]
}
