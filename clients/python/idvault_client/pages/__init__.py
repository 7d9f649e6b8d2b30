"""What the hosted pages and the consoles share: style sheet, layout, form fields, headers, texts."""
