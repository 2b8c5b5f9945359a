package dev.kawi.hub;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The bytes are Python's: `pickle.dumps([{'Path': 'configuration.json', 'Revision': 'f01d0a'},
/// {'Path': 'sub/模型.gguf', 'Revision': '1159b2'}], protocol).hex()`.
class PickleTest {
  private static final String PROTOCOL_2 =
      "80025d7100287d71012858040000005061746871025812000000636f6e66696775726174696f6e2e6a736f6e"
          + "710358080000005265766973696f6e710458060000006630316430617105757d7106286802580f00000073"
          + "75622fe6a8a1e59e8b2e67677566710768045806000000313135396232710875652e";
  private static final String PROTOCOL_4 =
      "8004955c000000000000005d94287d94288c0450617468948c12636f6e66696775726174696f6e2e6a736f6e"
          + "948c085265766973696f6e948c0666303164306194757d942868028c0f7375622fe6a8a1e59e8b2e676775"
          + "669468048c063131353962329475652e";
  private static final List<Object> VALUE =
      List.of(entry("configuration.json", "f01d0a"), entry("sub/\u6a21\u578b.gguf", "1159b2"));

  private static Map<String, String> entry(String path, String revision) {
    Map<String, String> entry = new LinkedHashMap<>();
    entry.put("Path", path);
    entry.put("Revision", revision);
    return entry;
  }

  private static byte[] bytes(String hex) {
    return HexFormat.of().parseHex(hex);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        PROTOCOL_2,
        PROTOCOL_4,
      })
  void listOfPython_isRead(String hex) throws IOException {
    assertEquals(VALUE, Pickle.read(bytes(hex)));
  }

  /// `pickle.dumps` of an empty list and of a list of one item, for which it has other codes.
  @Test
  void shortLists_areRead() throws IOException {
    assertEquals(List.of(), Pickle.read(bytes("80045d942e")));
    assertEquals(
        List.of(entry("a", "b")),
        Pickle.read(
            bytes(
                "80049522000000000000005d947d94288c0450617468948c0161948c085265766973696f6e948c01629475612e")));
  }

  /// `pickle.loads` of Python 3.11 gives `[{'Path': 'a', 'Revision': 'b'}]` for these bytes.
  @Test
  void written_hasThePlainestCodes() throws IOException {
    byte[] written = Pickle.write(List.of(entry("a", "b")));
    String expected =
        "80025d287d28"
            + "580400000050617468"
            + "580100000061"
            + "58080000005265766973696f6e"
            + "580100000062"
            + "75652e";
    assertArrayEquals(bytes(expected), written);
    assertEquals(VALUE, Pickle.read(Pickle.write(VALUE)));
  }

  /// `pickle.dumps(os.system)`, an integer, and damage.
  @ParameterizedTest
  @ValueSource(
      strings = {
        "80049514000000000000008c05706f736978948c0673797374656d9493942e",
        "80044b012e",
        "",
        "8002",
        "80025d",
        "80022e",
        "800265",
        "80025d58ffffffff",
        "80025d58ffffff7f61",
        "8002680a2e",
        "80027d285801000000617565"
      })
  void anythingElse_isAnError(String hex) {
    assertThrows(IOException.class, () -> Pickle.read(bytes(hex)));
  }

  @Test
  void randomDamage_isAnErrorOrAValue() {
    byte[] original = bytes(PROTOCOL_4);
    Random random = new Random(1);
    int errors = 0;
    for (int i = 0; i < 20_000; i++) {
      byte[] damaged = original.clone();
      for (int n = random.nextInt(4); n >= 0; n--) {
        damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
      }
      try {
        Pickle.read(damaged);
      } catch (IOException e) {
        errors++;
      }
    }
    assertTrue(errors > 5000 && errors < 20_000, errors + " errors");
  }
}
