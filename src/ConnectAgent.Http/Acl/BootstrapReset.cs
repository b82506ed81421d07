using System.Globalization;
using ConnectAgent.Protocol.Errors;

namespace ConnectAgent.Http.Acl;

/// <summary>The file by which an operator opens the bootstrap once more (acl ACL-BOOT-3).</summary>
/// <param name="directory">Where the state is kept; null: there is no such file.</param>
internal sealed class BootstrapReset(string? directory)
{
    private const string FileName = "acl-bootstrap-reset";

    /// <summary>The index that it names; 0, which opens nothing, for what is not there or cannot be read.</summary>
    public ulong Read()
    {
        try
        {
            return directory is not null
                && ulong.TryParse(File.ReadAllText(Path.Combine(directory, FileName)).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var index)
                ? index
                : 0;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }

    /// <summary>Takes it away; it was read before.</summary>
    /// <exception cref="ServerException">It cannot be removed.</exception>
    public void Drop()
    {
        try
        {
            File.Delete(Path.Combine(directory!, FileName));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ServerException(FailureKind.Failed, $"{FileName} cannot be removed: {error.Message}");
        }
    }
}
