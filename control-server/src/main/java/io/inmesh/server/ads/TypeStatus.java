package io.inmesh.server.ads;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How one client stands with one type.
 *
 * @param typeUrl the type
 * @param subscribed how many names it asks for one by one
 * @param wildcard whether it asks for everything it may see
 * @param state the verdict
 * @param nonceSent the nonce of the last response; empty if none
 * @param nonceAcknowledged the nonce last acknowledged; empty if none
 * @param versionSent the version of the subscribed set as sent
 * @param versionAcknowledged the version last acknowledged
 * @param lastError why the client refused the last response, in its own words
 * @param sentAt when the last response was sent
 * @param settledAt when the client last acknowledged or refused
 * @param lag how long the client has lacked the oldest change it has not acknowledged; zero if none
 */
public record TypeStatus(
    String typeUrl,
    int subscribed,
    boolean wildcard,
    SyncState state,
    String nonceSent,
    String nonceAcknowledged,
    String versionSent,
    String versionAcknowledged,
    @Nullable String lastError,
    @Nullable Instant sentAt,
    @Nullable Instant settledAt,
    Duration lag) {}
