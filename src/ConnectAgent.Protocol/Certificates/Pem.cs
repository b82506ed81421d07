using System.Security.Cryptography;

namespace ConnectAgent.Protocol.Certificates;

/// <summary>PEM text with the trailing newline that the wire shows (certificates section 4).</summary>
public static class Pem
{
    public static string Certificate(ReadOnlySpan<byte> der) => PemEncoding.WriteString("CERTIFICATE", der) + "\n";
}
