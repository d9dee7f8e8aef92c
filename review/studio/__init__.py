"""A Label Studio of our own, for one set.

``server.StudioServer(pair_set, edit_types)`` is a context manager that yields a
``StudioConnection`` (url, token, project_id); ``connection.find_connection(pair_set)`` finds one
that runs already; ``images.write_review_images(pair_set, uris)`` puts copies of images where it
serves them.
"""
