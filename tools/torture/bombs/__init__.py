"""Inputs that would fill a reader's memory or time: files of hostile servers, log keys, mails, exports."""
