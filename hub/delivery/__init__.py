"""Delivery to recipients: permit, disclosure intent, attempt, receipt."""
