package io.inmesh.server.ads;

import java.time.Instant;
import java.util.List;

/**
 * One connected client.
 *
 * @param connection identifies the stream on this server, for as long as the server runs
 * @param nodeId the id the client gives itself; empty before its first request
 * @param cluster the node's cluster: for our clients the service
 * @param kind what software it is
 * @param version the version of our library, else of the user agent
 * @param userAgent name and version of the xDS client
 * @param views the views it sees, most specific first
 * @param remoteAddress where it connects from; empty if unknown
 * @param delta whether it speaks the incremental protocol
 * @param connectedSince when the stream was opened
 * @param types each type it has asked for, in delivery order
 */
public record ClientStatus(
    long connection,
    String nodeId,
    String cluster,
    ClientKind kind,
    String version,
    String userAgent,
    List<String> views,
    String remoteAddress,
    boolean delta,
    Instant connectedSince,
    List<TypeStatus> types) {}
