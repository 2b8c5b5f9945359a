package dev.kawi.kernel.x86;

import static dev.kawi.kernel.x86.Assembler.*;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.kawi.kernel.x86.Assembler.Condition;
import dev.kawi.kernel.x86.Assembler.Label;
import dev.kawi.kernel.x86.Assembler.Mem;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/// Each instruction in the encodings that differ (short and long prefix, high registers, memory
/// with and without index, compressed displacements, masks, broadcasts) against the GNU assembler,
/// whose bytes `encodings.txt` holds; its first line tells how they were made.
class AssemblerTest {
  private static final Mem BASE = Mem.at(RAX, 0);
  private static final Mem NEAR = Mem.at(RDI, 64);
  private static final Mem ODD = Mem.at(R13, 5);
  private static final Mem FAR = Mem.at(RSP, 65536);
  private static final Mem INDEXED = Mem.at(R12, R9, 2, 128);

  private final Map<String, Consumer<Assembler>> cases = new LinkedHashMap<>();

  private void at(int bits, String text, Consumer<Assembler> code) {
    cases.put(
        text,
        a -> {
          a.width(bits);
          code.accept(a);
        });
  }

  private void general() {
    at(512, "mov rax, r15", a -> a.mov(RAX, R15));
    at(512, "mov r8, rdi", a -> a.mov(R8, RDI));
    at(512, "mov rcx, -5", a -> a.movImmediate(RCX, -5));
    at(512, "mov r11, 1000000", a -> a.movImmediate(R11, 1000000));
    at(512, "mov rdx, QWORD PTR [rdi+64]", a -> a.load(RDX, NEAR));
    at(512, "mov r14, QWORD PTR [r12+r9*2+128]", a -> a.load(R14, INDEXED));
    at(512, "mov QWORD PTR [rsp+65536], rbx", a -> a.store(FAR, RBX));
    at(512, "mov QWORD PTR [r13+5], r10", a -> a.store(ODD, R10));
    at(512, "lea rsi, [r12+r9*2+128]", a -> a.lea(RSI, INDEXED));
    at(512, "lea r9, [rax+rax*4]", a -> a.lea(R9, Mem.at(RAX, RAX, 4, 0)));
    at(512, "add rax, rcx", a -> a.add(RAX, RCX));
    at(512, "add r12, 64", a -> a.addImmediate(R12, 64));
    at(512, "add rdx, 4096", a -> a.addImmediate(RDX, 4096));
    at(512, "sub rbp, r8", a -> a.sub(RBP, R8));
    at(512, "sub r15, 1", a -> a.subImmediate(R15, 1));
    at(512, "cmp rdi, rsi", a -> a.cmp(RDI, RSI));
    at(512, "cmp rbx, 16", a -> a.cmpImmediate(RBX, 16));
    at(512, "test r9, r9", a -> a.test(R9, R9));
    at(512, "xor rax, rax", a -> a.xor(RAX, RAX));
    at(512, "push rbx", a -> a.push(RBX));
    at(512, "push r13", a -> a.push(R13));
    at(512, "pop rbp", a -> a.pop(RBP));
    at(512, "pop r12", a -> a.pop(R12));
    at(512, "prefetcht0 BYTE PTR [rdi+64]", a -> a.prefetcht0(NEAR));
    at(512, "prefetcht0 BYTE PTR [r12+r9*2+128]", a -> a.prefetcht0(INDEXED));
    at(512, "vzeroupper", Assembler::vzeroupper);
    at(512, "ret", Assembler::ret);
    at(512, "kmovw k1, ecx", a -> a.kmovw(1, RCX));
    at(512, "kmovd k1, ecx", a -> a.kmovd(1, RCX));
  }

  private void moves() {
    at(512, "vmovups zmm1, ZMMWORD PTR [rdi+64]", a -> a.vmovups(1, NEAR));
    at(512, "vmovups zmm17, ZMMWORD PTR [r13+5]", a -> a.vmovups(17, ODD));
    at(512, "vmovups zmm9, ZMMWORD PTR [rsp+65536]", a -> a.vmovups(9, FAR));
    at(512, "vmovups ZMMWORD PTR [r12+r9*2+128], zmm30", a -> a.vmovups(INDEXED, 30));
    at(256, "vmovups ymm1, YMMWORD PTR [rax]", a -> a.vmovups(1, BASE));
    at(256, "vmovups ymm12, YMMWORD PTR [r12+r9*2+128]", a -> a.vmovups(12, INDEXED));
    at(256, "vmovups YMMWORD PTR [rdi+64], ymm18", a -> a.vmovups(NEAR, 18));
    at(128, "vmovups xmm3, XMMWORD PTR [r13+5]", a -> a.vmovups(3, ODD));
    at(512, "vmovups zmm4{k2}, ZMMWORD PTR [rdi+64]", a -> a.masked(2).vmovups(4, NEAR));
    at(
        512,
        "vmovdqu16 zmm24{k1}{z}, ZMMWORD PTR [r12+r9*2+128]",
        a -> a.maskedToZero(1).vmovdqu16(24, INDEXED));
    at(512, "vmovups zmm4{k1}{z}, ZMMWORD PTR [rax]", a -> a.maskedToZero(1).vmovups(4, BASE));
    at(512, "vmovups ZMMWORD PTR [rdi+64]{k1}, zmm5", a -> a.masked(1).vmovups(NEAR, 5));
    at(512, "vmovaps zmm20, zmm3", a -> a.vmovaps(20, 3));
    at(256, "vmovaps ymm12, ymm3", a -> a.vmovaps(12, 3));
    at(512, "vbroadcastss zmm1, DWORD PTR [rdi+64]", a -> a.vbroadcastss(1, NEAR));
    at(256, "vbroadcastss ymm14, DWORD PTR [r13+5]", a -> a.vbroadcastss(14, ODD));
    at(512, "vpbroadcastd zmm22, DWORD PTR [r12+r9*2+128]", a -> a.vpbroadcastd(22, INDEXED));
    at(256, "vpbroadcastd ymm7, DWORD PTR [rax]", a -> a.vpbroadcastd(7, BASE));
    at(512, "vpbroadcastd zmm6, xmm19", a -> a.vpbroadcastdElement(6, 19));
    at(256, "vpbroadcastd ymm6, xmm9", a -> a.vpbroadcastdElement(6, 9));
    at(128, "vmovss xmm3, DWORD PTR [rdi+64]", a -> a.vmovss(3, NEAR));
    at(128, "vmovss DWORD PTR [rdi+64], xmm21", a -> a.vmovss(NEAR, 21));
  }

  private void integers() {
    at(512, "vpdpbusd zmm1, zmm2, zmm3", a -> a.vpdpbusd(1, 2, 3));
    at(512, "vpdpbusd zmm31, zmm18, zmm9", a -> a.vpdpbusd(31, 18, 9));
    at(
        512,
        "vpdpbusd zmm8, zmm25, DWORD PTR [rdi+64]{1to16}",
        a -> a.vpdpbusd(8, 25, NEAR.repeated()));
    at(
        512,
        "vpdpbusd zmm8, zmm25, DWORD PTR [r12+r9*2+128]{1to16}",
        a -> a.vpdpbusd(8, 25, INDEXED.repeated()));
    at(512, "vpdpbusd zmm0, zmm1, ZMMWORD PTR [rdi+64]", a -> a.vpdpbusd(0, 1, NEAR));
    at(256, "{evex} vpdpbusd ymm1, ymm2, ymm3", a -> a.vpdpbusd(1, 2, 3));
    at(256, "vpmaddubsw ymm1, ymm2, ymm13", a -> a.vpmaddubsw(1, 2, 13));
    at(512, "vpmaddubsw zmm1, zmm2, zmm3", a -> a.vpmaddubsw(1, 2, 3));
    at(256, "vpmaddwd ymm8, ymm9, ymm10", a -> a.vpmaddwd(8, 9, 10));
    at(256, "vpsignb ymm1, ymm12, ymm3", a -> a.vpsignb(1, 12, 3));
    at(256, "vpabsb ymm11, ymm2", a -> a.vpabsb(11, 2));
    at(256, "vpshufb ymm1, ymm2, ymm13", a -> a.vpshufb(1, 2, 13));
    at(512, "vpshufb zmm1, zmm22, zmm3", a -> a.vpshufb(1, 22, 3));
    at(512, "vpaddd zmm1, zmm2, zmm3", a -> a.vpaddd(1, 2, 3));
    at(256, "vpaddd ymm1, ymm2, ymm3", a -> a.vpaddd(1, 2, 3));
    at(512, "vpsubd zmm1, zmm2, zmm3", a -> a.vpsubd(1, 2, 3));
    at(512, "vpmaxsd zmm1, zmm22, zmm3", a -> a.vpmaxsd(1, 22, 3));
    at(256, "vpmaxsd ymm1, ymm2, ymm3", a -> a.vpmaxsd(1, 2, 3));
    at(512, "vpandd zmm1, zmm2, zmm3", a -> a.vpand(1, 2, 3));
    at(256, "vpand ymm1, ymm2, ymm3", a -> a.vpand(1, 2, 3));
    at(512, "vpord zmm11, zmm2, zmm3", a -> a.vpor(11, 2, 3));
    at(256, "vpor ymm11, ymm2, ymm3", a -> a.vpor(11, 2, 3));
    at(512, "vpxord zmm1, zmm1, zmm1", a -> a.vpxor(1, 1, 1));
    at(256, "vpxor ymm1, ymm2, ymm3", a -> a.vpxor(1, 2, 3));
    at(512, "vpslld zmm1, zmm22, 4", a -> a.vpslld(1, 22, 4));
    at(256, "vpslld ymm1, ymm12, 16", a -> a.vpslld(1, 12, 16));
    at(512, "vpsrld zmm31, zmm2, 4", a -> a.vpsrld(31, 2, 4));
    at(256, "vpsrld ymm3, ymm2, 4", a -> a.vpsrld(3, 2, 4));
    at(512, "vpmovzxbd zmm1, XMMWORD PTR [rdi+64]", a -> a.vpmovzxbd(1, NEAR));
    at(256, "vpmovzxbd ymm1, QWORD PTR [rdi+64]", a -> a.vpmovzxbd(1, NEAR));
    at(512, "vpmovsxbd zmm19, XMMWORD PTR [r13+5]", a -> a.vpmovsxbd(19, ODD));
    at(512, "vpmovzxwd zmm1, YMMWORD PTR [rdi+64]", a -> a.vpmovzxwd(1, NEAR));
    at(512, "vpslld zmm25, ZMMWORD PTR [rdi+64], 16", a -> a.vpslld(25, NEAR, 16));
    at(512, "vpslld zmm1, ZMMWORD PTR [r12+r9*2+128], 16", a -> a.vpslld(1, INDEXED, 16));
    at(512, "vpandd zmm24, zmm30, ZMMWORD PTR [r12+r9*2+128]", a -> a.vpand(24, 30, INDEXED));
    at(256, "vpand ymm9, ymm12, YMMWORD PTR [rdi+64]", a -> a.vpand(9, 12, NEAR));
    at(512, "vdpbf16ps zmm1, zmm28, zmm9", a -> a.vdpbf16ps(1, 28, 9));
    at(512, "vdpbf16ps zmm17, zmm2, ZMMWORD PTR [rdi+64]", a -> a.vdpbf16ps(17, 2, NEAR));
    at(512, "vcvtne2ps2bf16 zmm0, zmm1, zmm18", a -> a.vcvtne2ps2bf16(0, 1, 18));
    at(256, "vpmovzxwd ymm1, XMMWORD PTR [r12+r9*2+128]", a -> a.vpmovzxwd(1, INDEXED));
    at(
        512,
        "vpgatherdd zmm3{k2}, DWORD PTR [rsi+zmm20*1+64]",
        a -> a.vpgatherdd(3, 2, RSI, 20, 64));
    at(512, "vpgatherdd zmm19{k1}, DWORD PTR [r13+zmm5*1]", a -> a.vpgatherdd(19, 1, R13, 5, 0));
    at(512, "vpgatherdd zmm1{k1}, DWORD PTR [rax+zmm9*1+6]", a -> a.vpgatherdd(1, 1, RAX, 9, 6));
    at(512, "vpmovdw YMMWORD PTR [rdi+64], zmm3", a -> a.vpmovdw(NEAR, 3));
    at(512, "vpmovdb XMMWORD PTR [rdi+64], zmm18", a -> a.vpmovdb(NEAR, 18));
    at(512, "vpmovsdb XMMWORD PTR [rdi+64], zmm3", a -> a.vpmovsdb(NEAR, 3));
  }

  private void floats() {
    at(512, "vcvtdq2ps zmm1, zmm2", a -> a.vcvtdq2ps(1, 2));
    at(256, "vcvtdq2ps ymm1, ymm2", a -> a.vcvtdq2ps(1, 2));
    at(512, "vcvtps2dq zmm1, zmm22", a -> a.vcvtps2dq(1, 22));
    at(512, "vcvtph2ps zmm1, YMMWORD PTR [rdi+64]", a -> a.vcvtph2ps(1, NEAR));
    at(256, "vcvtph2ps ymm1, XMMWORD PTR [rdi+64]", a -> a.vcvtph2ps(1, NEAR));
    at(512, "vcvtps2ph YMMWORD PTR [rdi+64], zmm7, 0", a -> a.vcvtps2ph(NEAR, 7));
    at(512, "vaddps zmm1, zmm2, zmm3", a -> a.vaddps(1, 2, 3));
    at(256, "vaddps ymm1, ymm2, YMMWORD PTR [rax]", a -> a.vaddps(1, 2, BASE));
    at(512, "vmulps zmm1, zmm2, zmm3", a -> a.vmulps(1, 2, 3));
    at(512, "vmulps zmm1, zmm2, DWORD PTR [rdi+64]{1to16}", a -> a.vmulps(1, 2, NEAR.repeated()));
    at(512, "vsubps zmm1, zmm2, zmm3", a -> a.vsubps(1, 2, 3));
    at(512, "vminps zmm1, zmm2, zmm3", a -> a.vminps(1, 2, 3));
    at(512, "vmaxps zmm1, zmm2, zmm3", a -> a.vmaxps(1, 2, 3));
    at(512, "vdivps zmm1, zmm2, zmm3", a -> a.vdivps(1, 2, 3));
    at(256, "vdivps ymm1, ymm2, ymm13", a -> a.vdivps(1, 2, 13));
    at(512, "vsqrtps zmm1, zmm2", a -> a.vsqrtps(1, 2));
    at(128, "vsqrtps xmm1, xmm2", a -> a.vsqrtps(1, 2));
    at(512, "vfmadd231ps zmm1, zmm2, zmm3", a -> a.vfmadd231ps(1, 2, 3));
    at(512, "vfmadd231ps zmm1{k3}, zmm2, zmm3", a -> a.masked(3).vfmadd231ps(1, 2, 3));
    at(256, "vfmadd231ps ymm1, ymm12, YMMWORD PTR [rax]", a -> a.vfmadd231ps(1, 12, BASE));
    at(
        512,
        "vfmadd231ps zmm1, zmm2, DWORD PTR [r13+5]{1to16}",
        a -> a.vfmadd231ps(1, 2, ODD.repeated()));
    at(512, "vfnmadd231ps zmm21, zmm2, zmm3", a -> a.vfnmadd231ps(21, 2, 3));
    at(
        512,
        "vfnmadd231ps zmm1, zmm2, DWORD PTR [rdi+64]{1to16}",
        a -> a.vfnmadd231ps(1, 2, NEAR.repeated()));
    at(512, "vfmadd213ps zmm1, zmm2, zmm3", a -> a.vfmadd213ps(1, 2, 3));
    at(
        512,
        "vfmadd213ps zmm1, zmm2, DWORD PTR [rdi+64]{1to16}",
        a -> a.vfmadd213ps(1, 2, NEAR.repeated()));
    at(512, "vcmpps k2, zmm4, zmm15, 1", a -> a.vcmpps(2, 4, 15, 1));
  }

  private void shuffles() {
    at(512, "vshuff32x4 zmm1, zmm2, zmm3, 136", a -> a.vshuff32x4(1, 2, 3, 0x88));
    at(256, "vperm2f128 ymm1, ymm2, ymm13, 32", a -> a.vperm2f128(1, 2, 13, 0x20));
    at(512, "vshufps zmm1, zmm22, zmm3, 68", a -> a.vshufps(1, 22, 3, 0x44));
    at(256, "vshufps ymm1, ymm2, ymm3, 238", a -> a.vshufps(1, 2, 3, 0xEE));
    at(256, "vextractf128 xmm1, ymm12, 1", a -> a.vextractf128(1, 12, 1));
    at(512, "vextractf64x4 ymm1, zmm22, 1", a -> a.vextractf64x4(1, 22, 1));
    at(512, "vpermps zmm1, zmm2, zmm23", a -> a.vpermps(1, 2, 23));
    at(256, "vpermps ymm1, ymm2, ymm3", a -> a.vpermps(1, 2, 3));
  }

  @Test
  void instructions_areEncodedAsByTheGnuAssembler() throws IOException {
    general();
    moves();
    integers();
    floats();
    shuffles();
    Map<String, String> expected = expected();

    assertEquals(expected.keySet(), cases.keySet());
    cases.forEach((text, code) -> {
      Assembler assembler = new Assembler();
      code.accept(assembler);
      assertEquals(expected.get(text), HexFormat.of().formatHex(assembler.toByteArray()), text);
    });
  }

  private static Map<String, String> expected() throws IOException {
    Map<String, String> bytes = new LinkedHashMap<>();
    try (InputStream file =
        Objects.requireNonNull(AssemblerTest.class.getResourceAsStream("/x86/encodings.txt"))) {
      new String(file.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .filter(line -> !line.startsWith("#"))
          .map(line -> line.split("\t", 2))
          .forEach(parts -> bytes.put(parts[1], parts[0]));
    }
    return bytes;
  }

  @Test
  void jumps_leadForwardAndBack() {
    Assembler a = new Assembler();
    Label back = new Label();
    Label forward = new Label();
    a.bind(back);
    a.jmp(forward);
    a.jcc(Condition.NOT_EQUAL, back);
    a.bind(forward);
    a.ret();

    assertEquals("e906000000" + "0f85f5ffffff" + "c3", HexFormat.of().formatHex(a.toByteArray()));
  }
}
