using ConnectAgent.ControlPlane.Authority;
using ConnectAgent.FuzzTests.Harness;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Identity;

namespace ConnectAgent.FuzzTests.Targets;

/// <summary>Certificate requests in DER: invalid is the only refusal (certificates CERT-73 to CERT-75). Their fields are fuzzed by <c>CsrFuzzTests</c>, under good signatures.</summary>
internal sealed class CertificateRequestFuzz : FuzzTarget
{
    private static readonly ServiceId Web = new("11111111-2222-3333-4444-555555555555.consul", "dc1", "web");

    public override string Name => "certificate-request";

    public override IReadOnlyList<Type> Refusals => [];

    // OpenSSL is asked about keys and signatures.
    public override long FreeWork => 256 * 1024;

    public override bool Run(byte[] input)
    {
        try
        {
            CsrVerification.Verify(Web, input, "dc1");
            return true;
        }
        catch (ServerException error)
        {
            Require(error.Kind == FailureKind.Invalid && error.Message.Length is > 0 and < 4_096, "refused as something else");
            return false;
        }
    }
}
