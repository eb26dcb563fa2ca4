/**
 * The admin port: health, metrics, what the server knows, and registration over HTTP. For the
 * server's assembly and the command line.
 *
 * <pre>
 * HTTP ─► AdminPort (bounded) ─► AdminServer (roles, audit, no stack traces) ─► route ─► AdminHandler ─► AdminReply (JSON)
 *    /healthz /readyz /metrics   /debug/*   /v1/services /v1/findings   /v1/instances ─► Registry
 * </pre>
 */
@NullMarked
package io.inmesh.server.admin;

import org.jspecify.annotations.NullMarked;
