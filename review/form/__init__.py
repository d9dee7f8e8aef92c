"""The labelling page, and what a model's answer looks like on it.

``config.build_label_config(edit_types)`` is the page, ``names`` holds every control and choice,
``prediction.prediction_results(pair, annotation, target)`` prefills a task, and
``task.task_data(pair, annotation, images)`` is what one task shows.
"""
