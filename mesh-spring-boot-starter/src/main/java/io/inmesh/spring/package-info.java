/**
 * Spring Boot's way into the mesh: properties become a {@link io.inmesh.Mesh} bean; RestClient,
 * RestTemplate, WebClient and HTTP interfaces reach mesh names through it; servlet requests are
 * admitted by it; the application registers with its real port. For applications: the properties
 * and {@link io.inmesh.spring.MeshConfigCustomizer}; the other classes are internal.
 */
@NullMarked
package io.inmesh.spring;

import org.jspecify.annotations.NullMarked;
