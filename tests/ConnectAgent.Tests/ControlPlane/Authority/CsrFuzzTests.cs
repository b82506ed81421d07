using System.Formats.Asn1;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ConnectAgent.Agent.Leaves;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Identity;
using ConnectAgent.TestKit.Processes;
using FluentAssertions;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace ConnectAgent.Tests.ControlPlane.Authority;

/// <summary>
/// 100 000 requests that nobody should send: each is refused as invalid, or what comes of it has the authorized name and the request's key and
/// nothing else (certificates CERT-73 to CERT-75).
/// </summary>
public sealed class CsrFuzzTests(SigningFixture signing) : IClassFixture<SigningFixture>
{
    private static readonly int ByteRuns = Soak.Of(8_000, 80_000);
    private static readonly int FieldRuns = Soak.Of(4_000, 20_000);
    private const string Signed = "signed";
    private const string Domain = SigningFixture.Domain;

    private static readonly ServiceId[] Identities =
    [
        SigningFixture.Web,
        new(Domain, "dc1", "---"),
        new(Domain, "dc1", "sp ace"),
        new(Domain, "dc1", new string('a', 300)),
    ];

    private static readonly ECDsa[] Keys =
    [
        ECDsa.Create(ECCurve.NamedCurves.nistP256),
        ECDsa.Create(ECCurve.NamedCurves.nistP384),
    ];

    private static readonly (ServiceId Identity, byte[] Request)[] Pool =
        [.. Identities.SelectMany(identity => Keys.Select(key => (identity, LeafIssuer.CreateRequest(identity, key))))];

    private static readonly string[] Uris =
    [
        SigningFixture.Web.ToString(), "spiffe://" + Domain, "spiffe://other.consul/ns/default/dc/dc1/svc/web", $"spiffe://{Domain}/ns/default/dc/dc2/svc/web",
        $"spiffe://{Domain}/ns/default/dc/dc1/svc/api", $"spiffe://{Domain}/ns/default/dc/dc1/svc/web?x", $"spiffe://{Domain}/ns/default/dc/dc1/svc/web\0",
        "spiffe:", "", "%", "http://x", "spiffe://[::1/", "spiffe://x/%zz",
    ];

    private readonly Dictionary<string, int> _outcomes = new(StringComparer.Ordinal);

    [Fact]
    public void Changed_bytes_never_make_another_certificate()
    {
        Prop.ForAll(ByteMutants().ToArbitrary(), mutant => IsHandled(Pool[mutant.Of].Identity, mutant.Apply(Pool[mutant.Of].Request)))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(ByteRuns));
        Times("x509: CSR is malformed").Should().BeGreaterThan(ByteRuns / 100);
        Times("x509: CSR signature is invalid").Should().BeGreaterThan(ByteRuns / 100, "a fuzz that never gets so far proves little");
    }

    [Fact]
    public void Changed_fields_under_a_good_signature_never_make_another_certificate()
    {
        Prop.ForAll(FieldMutants().ToArbitrary(), mutant => IsHandled(SigningFixture.Web, mutant.Build()))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(FieldRuns));
        Times("x509: CSR is malformed").Should().BeGreaterThan(FieldRuns / 100);
        Times(Signed).Should().BeGreaterThan(FieldRuns / 1000, "some of them are as they should be");
        _outcomes.Keys.Should().Contain(["CSR SAN does not allow specifying email addresses", "CSR SAN contains an invalid number of URIs: 2"]);
    }

    [Fact] // a fuzz that never meets a good request would prove nothing
    public void The_unchanged_ones_are_signed()
    {
        foreach (var (identity, request) in Pool)
        {
            Sign(identity, request).Should().NotBeNull();
        }

        Sign(SigningFixture.Web, new FieldMutant(0, 0, [SigningFixture.Web.ToString()], [], 0, 1, 0).Build()).Should().NotBeNull();
    }

    // Flips, cuts, insertions, copies of other parts; mostly few of them, so that they get past the first check.
    private static Gen<ByteMutant> ByteMutants() =>
        from of in Gen.Choose(0, Pool.Length - 1)
        from count in Gen.Frequency((5, Gen.Constant(1)), (2, Gen.Constant(2)), (1, Gen.Choose(3, 6)))
        from edits in (
            from kind in Gen.Frequency((6, Gen.Constant(0)), (1, Gen.Constant(1)), (1, Gen.Constant(2)), (1, Gen.Constant(3)), (1, Gen.Constant(4)))
            from at in Gen.Choose(0, 4095)
            from value in Gen.Choose(0, 255)
            select (kind, at, (byte)value)).ListOf(count)
        select new ByteMutant(of, [.. edits]);

    private static Gen<FieldMutant> FieldMutants() =>
        from key in Gen.Choose(0, Keys.Length - 1)
        from version in Gen.Frequency((9, Gen.Constant(0)), (1, Gen.Choose(-3, 300)))
        from uriCount in Gen.Frequency((6, Gen.Constant(1)), (2, Gen.Constant(2)), (1, Gen.Constant(0)), (1, Gen.Constant(3)))
        from uris in Gen.Frequency((1, Gen.Constant(Uris[0])), (2, Gen.Elements(Uris))).ListOf(uriCount)
        from otherCount in Gen.Frequency((3, Gen.Constant(0)), (1, Gen.Choose(1, 2)))
        from others in Gen.Choose(0, 8).ListOf(otherCount)
        from extensions in Gen.Frequency((3, Gen.Constant(0)), (1, Gen.Choose(1, 3)))
        from attributes in Gen.Frequency((4, Gen.Constant(1)), (1, Gen.Constant(0)), (1, Gen.Constant(2)))
        from wrap in Gen.Choose(0, 9)
        select new FieldMutant(key, version, [.. uris], [.. others], extensions, attributes, wrap);

    private bool IsHandled(ServiceId identity, byte[] request)
    {
        try
        {
            using var leaf = Sign(identity, request);
            Count(Signed);
            var names = SanExtension.Read(leaf.Extensions);
            var asked = CertificateRequest.LoadSigningRequest(request, HashAlgorithmName.SHA256);
            return names.Uris.SequenceEqual([identity.ToString()])
                && names.DnsNames.Count + names.Emails.Count + names.Addresses.Count + names.Others == 0
                && leaf.Extensions.OfType<X509BasicConstraintsExtension>().Single().CertificateAuthority == false
                && leaf.PublicKey.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(asked.PublicKey.ExportSubjectPublicKeyInfo());
        }
        catch (ServerException error)
        {
            Count(error.Message);
            return error.Kind == FailureKind.Invalid && error.Message.Length > 0;
        }
    }

    private int Times(string outcome) => _outcomes.GetValueOrDefault(outcome);

    private void Count(string outcome) => CollectionsMarshal.GetValueRefOrAddDefault(_outcomes, outcome, out _)++;

    // Embedded, a signing is over when the call returns.
    private X509Certificate2 Sign(ServiceId identity, byte[] request) => signing.SignAsync(identity, request).GetAwaiter().GetResult();

    private sealed record ByteMutant(int Of, IReadOnlyList<(int Kind, int At, byte Value)> Edits)
    {
        public byte[] Apply(byte[] request)
        {
            List<byte> bytes = [.. request];
            foreach (var (kind, at, value) in Edits)
            {
                var place = bytes.Count == 0 ? 0 : at % bytes.Count;
                switch (kind)
                {
                    case 0 when bytes.Count > 0:
                        bytes[place] ^= (byte)(value | 1);
                        break;
                    case 1:
                        bytes.Insert(place, value);
                        break;
                    case 2 when bytes.Count > 0:
                        bytes.RemoveAt(place);
                        break;
                    case 3:
                        bytes.RemoveRange(place, Math.Min(value, bytes.Count - place));
                        break;
                    default:
                        bytes.InsertRange(place, bytes.GetRange(0, Math.Min(value, bytes.Count)));
                        break;
                }
            }

            return [.. bytes];
        }
    }

    /// <summary>A request whose signature is good for whatever it says.</summary>
    private sealed record FieldMutant(
        int Key, int Version, IReadOnlyList<string> Uris, IReadOnlyList<int> Others, int Extensions, int Attributes, int Wrap)
    {
        public byte[] Build()
        {
            var key = Keys[Key];
            var names = SigningFixture.Names([
                .. Uris.Select(uri => (6, uri.Replace("\0", "\u0001", StringComparison.Ordinal))), .. Others.Select(tag => (tag, "x"))]);
            List<X509Extension> extensions = [names];
            if ((Extensions & 1) != 0)
            {
                extensions.Add(new X509BasicConstraintsExtension(
                    certificateAuthority: true, hasPathLengthConstraint: true, pathLengthConstraint: 9, critical: true));
            }

            if ((Extensions & 2) != 0)
            {
                extensions.Insert(0, names);
            }

            var attribute = SigningFixture.ExtensionRequest([.. extensions]);
            var info = SigningFixture.HandMade(key, key.ExportSubjectPublicKeyInfo(), Version, Attributes switch
            {
                0 => null,
                1 => attribute,
                _ => Twice(attribute),
            });
            return Wrap switch
            {
                8 => [.. info, 0],
                9 => Wrapped(info),
                _ => info,
            };
        }

        // One attribute whose set has its value twice.
        private static byte[] Twice(byte[] attribute)
        {
            var reader = new AsnReader(attribute, AsnEncodingRules.DER).ReadSequence();
            var oid = reader.ReadEncodedValue();
            var value = reader.ReadSetOf().ReadEncodedValue();
            var writer = new AsnWriter(AsnEncodingRules.BER);
            using (writer.PushSequence())
            {
                writer.WriteEncodedValue(oid.Span);
                using (writer.PushSetOf())
                {
                    writer.WriteEncodedValue(value.Span);
                    writer.WriteEncodedValue(value.Span);
                }
            }

            return writer.Encode();
        }

        private static byte[] Wrapped(byte[] request)
        {
            var writer = new AsnWriter(AsnEncodingRules.DER);
            using (writer.PushSequence())
            {
                writer.WriteEncodedValue(request);
            }

            return writer.Encode();
        }
    }
}
