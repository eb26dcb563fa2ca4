package io.inmesh.spring;

import io.inmesh.identity.RotatingTls;
import java.security.GeneralSecurityException;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import org.apache.catalina.connector.Connector;
import org.apache.coyote.http11.AbstractHttp11Protocol;
import org.apache.tomcat.util.net.SSLHostConfig;
import org.apache.tomcat.util.net.SSLHostConfigCertificate;
import org.apache.tomcat.util.net.SSLUtil;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.tomcat.ConfigurableTomcatWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Secures Tomcat with the mesh's identity. */
@Configuration(proxyBeanMethods = false)
@ConditionalOnWebApplication
@ConditionalOnClass({ConfigurableTomcatWebServerFactory.class, Connector.class})
class TomcatTlsConfiguration {
  @Bean
  WebServerFactoryCustomizer<ConfigurableTomcatWebServerFactory> meshTomcatTls(ContainerTls tls) {
    return factory -> {
      if (tls.wanted()) {
        factory.addConnectorCustomizers(connector -> secure(connector, tls.managers()));
      }
    };
  }

  private static void secure(Connector connector, RotatingTls tls) {
    SSLContext context;
    try {
      context = SSLContext.getInstance("TLS");
      context.init(new KeyManager[] {tls.keys()}, new TrustManager[] {tls.trust()}, null);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("the container cannot be secured", e);
    }
    SSLHostConfig host = new SSLHostConfig();
    host.setProtocols("TLSv1.2+TLSv1.3");
    host.setCertificateVerification("optional");
    SSLHostConfigCertificate certificate =
        new SSLHostConfigCertificate(host, SSLHostConfigCertificate.Type.UNDEFINED);
    certificate.setSslContext(SSLUtil.createSSLContext(context, tls.keys(), tls.trust()));
    host.addCertificate(certificate);
    connector.addSslHostConfig(host);
    connector.setScheme("https");
    connector.setSecure(true);
    if (connector.getProtocolHandler() instanceof AbstractHttp11Protocol<?> protocol) {
      protocol.setSSLEnabled(true);
    }
  }
}
