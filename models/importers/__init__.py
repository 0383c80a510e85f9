"""Third-party weights into ours: read, check, rename, write as safetensors. Runs at set-up, never when serving."""
