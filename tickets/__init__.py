"""From verdict to office: subjects, clues, routes, ledger, clocks, letters and delivery."""
