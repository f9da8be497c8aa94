//! Help texts: their paragraphs are written in lines of the source, and are broken for the terminal alone.

use clap::{Command, CommandFactory};

use super::Arguments;

/// The command line, with a line for each paragraph of its help texts.
pub fn command() -> Command {
    in_paragraphs(Arguments::command())
}

fn in_paragraphs(command: Command) -> Command {
    let text = command.get_after_help().map(|text| paragraphs(&text.to_string()));
    let command = command.mut_subcommands(in_paragraphs);
    match text {
        Some(text) => command.after_help(text),
        None => command,
    }
}

/// The text with the lines of each paragraph joined. A paragraph ends where a line ends in a full stop or a colon, and
/// before a blank or an indented line; indented lines stay as they are.
fn paragraphs(text: &str) -> String {
    let (mut joined, mut is_open) = (String::new(), false);
    for (at, line) in text.lines().enumerate() {
        let is_prose = !line.is_empty() && !line.starts_with(' ');
        if at > 0 {
            joined.push(if is_open && is_prose { ' ' } else { '\n' });
        }
        joined += line;
        is_open = is_prose && !line.ends_with(['.', ':']);
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_paragraph_are_joined_and_no_others() {
        let text =
            "Examples:\n  one\n  two,\n\nA sentence that is\nbroken. Another\none.\nExit code: 0,\nor 1.";
        let joined =
            "Examples:\n  one\n  two,\n\nA sentence that is broken. Another one.\nExit code: 0, or 1.";
        assert_eq!(paragraphs(text), joined);
        assert_eq!(paragraphs(joined), joined);
    }
}
