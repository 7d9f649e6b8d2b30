"""The public's reports on the hosted pages: the form of each platform, and the reporter's page."""
