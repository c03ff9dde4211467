"""Past batches replayed under a draft rulebook, in memory: nothing of a workspace is written here, ever."""
