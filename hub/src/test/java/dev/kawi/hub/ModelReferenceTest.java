package dev.kawi.hub;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ModelReferenceTest {
  @ParameterizedTest
  @CsvSource({
    "qwen/Qwen2.5-0.5B-Instruct-GGUF:Q4_K_M, , qwen/Qwen2.5-0.5B-Instruct-GGUF, , , Q4_K_M",
    "a/b, , a/b, , ,",
    "a/b@v1.0, , a/b, v1.0, ,",
    "a/b@refs/pr/1:Q8_0, , a/b, refs/pr/1, , Q8_0",
    "a/b/sub/model.gguf, , a/b, , sub/model.gguf,",
    "hf.co/a/b:Q4_0, HUGGING_FACE, a/b, , , Q4_0",
    "huggingface.co/a/b, HUGGING_FACE, a/b, , ,",
    "modelscope.cn/models/a/b, MODEL_SCOPE, a/b, , ,",
    "https://huggingface.co/a/b, HUGGING_FACE, a/b, , ,",
    "https://huggingface.co/a/b/tree/main, HUGGING_FACE, a/b, , ,",
    "https://huggingface.co/a/b/tree/v2, HUGGING_FACE, a/b, v2, ,",
    "https://huggingface.co/a/b/blob/main/x/y.gguf?download=true, HUGGING_FACE, a/b, , x/y.gguf,",
    "https://huggingface.co/a/b/resolve/0a1b/y.gguf, HUGGING_FACE, a/b, 0a1b, y.gguf,",
    "https://www.modelscope.cn/models/a/b/summary, MODEL_SCOPE, a/b, , ,",
    "https://modelscope.cn/models/a/b/files, MODEL_SCOPE, a/b, , ,",
    "https://modelscope.cn/models/a/b/resolve/master/y.gguf, MODEL_SCOPE, a/b, , y.gguf,",
    "https://modelscope.cn/api/v1/models/a/b/repo?Revision=v1&FilePath=y.gguf, MODEL_SCOPE, a/b, v1, y.gguf,",
  })
  void whatPeopleType_isUnderstood(
      String text, Hub hub, String repository, String revision, String file, String quantization) {
    ModelReference reference = ModelReference.parse(text);
    assertEquals(Optional.ofNullable(hub), reference.hub());
    assertEquals(repository, reference.repository());
    assertEquals(Optional.ofNullable(revision), reference.revision());
    assertEquals(Optional.ofNullable(file), reference.file());
    assertEquals(Optional.ofNullable(quantization), reference.quantization());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "model",
        "a/",
        "/b",
        "../b",
        "a/..",
        "a/b/../../etc/passwd",
        "a/b//c",
        "a b/c",
        "a/b@../x",
        "a/b:",
        "a/b:x/y",
        "https://huggingface.co/a",
        "a/b/c\\d",
        "./a/b",
        "a/b/c:d:e\u0000"
      })
  void whatLeadsElsewhere_isRefused(String text) {
    assertThrows(IllegalArgumentException.class, () -> ModelReference.parse(text));
    assertFalse(ModelReference.isOne(text));
  }

  @ParameterizedTest
  @CsvSource({
    "hf-mirror.com/a/b:Q4_0, https://hf-mirror.com, a/b,",
    "https://hf-mirror.com/a/b, https://hf-mirror.com, a/b,",
    "https://hf-mirror.com/a/b/resolve/main/x.gguf, https://hf-mirror.com, a/b, x.gguf",
    "mirror.example.org/a/b.gguf/x.gguf, https://mirror.example.org, a/b.gguf, x.gguf",
    "http://localhost:8080/a/b, http://localhost:8080, a/b,",
    "01.ai/Yi-6B-GGUF, , 01.ai/Yi-6B-GGUF,",
    "some.body/model/x-Q4_0.gguf, , some.body/model, x-Q4_0.gguf",
  })
  void mirror_isUnderstoodAsAHost(String text, String mirror, String repository, String file) {
    ModelReference reference = ModelReference.parse(text);
    assertEquals(Optional.ofNullable(mirror).map(java.net.URI::create), reference.mirror());
    assertEquals(repository, reference.repository());
    assertEquals(Optional.ofNullable(file), reference.file());
    if (mirror != null) {
      assertEquals(Optional.of(Hub.HUGGING_FACE), reference.hub());
    }
  }

  @Test
  void asText_itCanBeTypedAgain() {
    for (String text : new String[] {"a/b", "hf.co/a/b/f.gguf@v1:Q4_0", "modelscope.cn/a/b@x"}) {
      ModelReference reference = ModelReference.parse(text);
      assertTrue(reference.toString().startsWith(text.substring(0, 3)));
      assertEquals(reference.repository(), ModelReference.parse(text).repository());
    }
    assertEquals("hf.co/a/b:Q4_0", ModelReference.parse("hf.co/a/b:Q4_0").toString());
  }
}
