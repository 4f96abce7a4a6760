/** How often a message of a queue of work is tried before it becomes a dead letter. */
export const MAX_RECEIVES = 3;
