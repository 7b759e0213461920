"""The HMPPS source: messages to drafts, answers to children."""
