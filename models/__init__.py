"""Network definitions: `digit` from modules, `digit_manual` derived by hand, `digit_script` as it was before."""
