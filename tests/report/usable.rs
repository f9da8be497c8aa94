//! What every page must do: fit the window, and be of use with the keyboard alone.

use crate::browser::Browser;

/// Widths of a phone and of a notebook.
const WIDTHS: [u32; 2] = [390, 1280];
/// Most elements of a page that the Tab key reaches.
const STOPS: usize = 500;

/// Asserts that the open page fits, and that the keyboard reaches, sorts and filters its table of this id.
pub fn assert_usable(browser: &mut Browser, table: &str) {
    assert_fits(browser);
    let filters = browser.value("document.querySelectorAll('.filters :is(select, input)').length");
    assert_ne!(filters, 0);
    for reached in
        [&format!("#{table} th button"), ".filters :is(select, input, button)", "figure svg [tabindex='0']"]
    {
        assert_eq!(out_of_reach(browser, reached), Vec::<String>::new(), "{reached}");
    }
    let head = format!("#{table} th:first-child");
    for key in ["Enter", " "] {
        let before = browser.value(&format!("document.querySelector({head:?}).ariaSort"));
        browser.press(&format!("{head} button"), key);
        let after = browser.value(&format!("document.querySelector({head:?}).ariaSort"));
        assert!(after.is_string() && after != before, "{table}: {before} after {key:?} is {after}");
    }
    let unnamed = "Array.from(document.querySelectorAll('select, input')).filter((input) => !input.labels.length).length";
    assert_eq!(browser.value(unnamed), 0);
    let figures = browser.value("document.querySelectorAll('figure svg [tabindex=\"0\"]').length");
    for figure in 0..figures.as_u64().unwrap() {
        browser.value(&format!("document.querySelectorAll('figure svg [tabindex=\"0\"]')[{figure}].focus()"));
        let label: String =
            serde_json::from_value(browser.value("document.activeElement.ariaLabel")).unwrap();
        assert!(tip(browser).is_some_and(|tip| tip.starts_with(&label)), "{label}");
    }
}

/// Asserts that the open page needs no scrolling sideways at any width, and that nothing of it is cut.
pub fn assert_fits(browser: &mut Browser) {
    for width in WIDTHS {
        browser.show(width, "light");
        let needed = browser.value("document.documentElement.scrollWidth").as_u64().unwrap();
        assert!(needed <= u64::from(width), "{needed} of {width} pixels");
        assert_eq!(cut(browser), Vec::<String>::new(), "at {width} pixels");
    }
}

/// Elements that reach beyond the window, and that no scrolling shows.
pub fn cut(browser: &mut Browser) -> Vec<String> {
    let script = "(() => {
      const scrolls = (element) => element &&
        (['auto', 'scroll'].includes(getComputedStyle(element).overflowX) || scrolls(element.parentElement));
      const width = document.documentElement.clientWidth;
      const isCut = (element) => {
        const box = element.getBoundingClientRect();
        return box.width > 0 && (box.right > width + 1 || box.left < -1);
      };
      return Array.from(document.querySelectorAll('body *:not(.skip)'))
        .filter((element) => isCut(element) && !scrolls(element.parentElement))
        .map((element) => element.outerHTML.slice(0, 120));
    })()";
    serde_json::from_value(browser.value(script)).unwrap()
}

/// Texts of the elements that a selector finds and the Tab key does not reach.
pub fn out_of_reach(browser: &mut Browser, selector: &str) -> Vec<String> {
    browser.value(&format!(
        "window.unreached = new Set(document.querySelectorAll({selector:?})); document.activeElement.blur(); \
         window.getSelection().removeAllRanges(); 0"
    ));
    for _ in 0..STOPS {
        browser.key("Tab");
        let left = browser.value("unreached.delete(document.activeElement); unreached.size");
        if left == 0 {
            break;
        }
    }
    let left = "Array.from(unreached, (element) => element.ariaLabel ?? element.textContent)";
    serde_json::from_value(browser.value(left)).unwrap()
}

/// The values next to the mark that is pointed at.
pub fn tip(browser: &mut Browser) -> Option<String> {
    let tip = browser.value("document.querySelector('.tip:not([hidden])')?.innerText");
    tip.as_str().map(str::to_owned)
}
