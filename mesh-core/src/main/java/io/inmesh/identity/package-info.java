/** SPIFFE identities, trust bundles and TLS generations. For transports. */
@NullMarked
package io.inmesh.identity;

import org.jspecify.annotations.NullMarked;
