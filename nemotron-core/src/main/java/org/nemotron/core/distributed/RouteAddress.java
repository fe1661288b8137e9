package org.nemotron.core.distributed;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramSocket;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketException;

/**
 * The address of this machine that others can reach, found by the route to one of them: a machine's
 * own name often stands for its loopback.
 */
final class RouteAddress {
  static final String LOOPBACK = "127.0.0.1";

  private RouteAddress() {}

  /** Returns the address that the other ranks of {@code environment} reach this one at. */
  static String of(RankEnvironment environment) {
    if (!(environment.rendezvous() instanceof Rendezvous.OverTcp place)) {
      return LOOPBACK; // all are on one machine
    }
    String address = to(place.host(), place.port());
    boolean alone = environment.localSize() == environment.size();
    return !alone && address.startsWith("127.") ? ofInterface(place.host()) : address;
  }

  /** A machine may know its own name as its loopback, which no other machine reaches. */
  private static String ofInterface(String host) {
    try {
      return NetworkInterface.networkInterfaces()
          .filter(RouteAddress::isUsed)
          .flatMap(NetworkInterface::inetAddresses)
          .filter(Inet4Address.class::isInstance)
          .map(InetAddress::getHostAddress)
          .findFirst()
          .orElseThrow(() -> new SocketException("there is no network interface"));
    } catch (SocketException e) {
      throw new UncheckedIOException(
          new IOException(host + " is this machine's loopback: " + e.getMessage(), e));
    }
  }

  private static boolean isUsed(NetworkInterface network) {
    try {
      return network.isUp() && !network.isLoopback() && !network.isVirtual();
    } catch (SocketException e) {
      return false;
    }
  }

  /**
   * Returns this machine's address on the way to {@code host}; nothing is sent.
   *
   * @throws UncheckedIOException if {@code host} has no address, or no route leads there
   */
  static String to(String host, int port) {
    try (DatagramSocket socket = new DatagramSocket()) {
      InetAddress there = InetAddress.getByName(host);
      socket.connect(new InetSocketAddress(there, port));
      return socket.getLocalAddress().getHostAddress();
    } catch (IOException e) {
      throw new UncheckedIOException(
          new IOException(
              host
                  + ":"
                  + port
                  + ", where rank 0 is to be met, cannot be reached ("
                  + e.getMessage()
                  + ").\nMaybe MASTER_ADDR is not a name that this machine knows.",
              e));
    }
  }
}
