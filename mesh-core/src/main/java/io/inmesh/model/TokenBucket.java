package io.inmesh.model;

import java.time.Duration;

/**
 * How many requests a limit lets through.
 *
 * @param maxTokens the burst: what is saved up at most
 * @param tokensPerFill added every {@code fillInterval}, evenly over it
 * @param fillInterval at least 50 ms
 */
public record TokenBucket(int maxTokens, int tokensPerFill, Duration fillInterval) {}
