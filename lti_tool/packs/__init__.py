"""Content packs from disk, read and proved whole. Nothing else knows their file format.

Reading order: read (the way in), schema (what the YAML may say), yaml_text and wording
(faults with line numbers), prose and render (Markdown), check (the rules), build (entries to
content), lock (the digest, and that nothing has changed).
"""
