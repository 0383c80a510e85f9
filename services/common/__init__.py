"""What every service stands on: settings, logs, metrics, health, lifecycle, messages, photo storage, errors, ids.

It knows names that everybody shares, and nothing about how a photo is judged.
"""
