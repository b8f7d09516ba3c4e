#!/usr/bin/env bash
# Gathers what screens are drawn from, texts and fonts of Debian 12 packages, which are unpacked and not installed, and fonts from npm.
#   data.sh DIR    leaves DIR/text and DIR/fonts; wants npm, and Python with Pillow and fonttools
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1/debs" "$1/unpacked"
cd "$1"

texts="fortunes fortunes-min wamerican nautilus-data gnome-control-center-data gimp-data inkscape pidgin-data evolution-common evince-common
  totem-common rhythmbox-data gedit-common gnome-terminal-data file-roller transmission-common deluge-common brasero-common shotwell-common geary
  gnome-software-common synaptic gparted audacity-data libglib2.0-data libgtk-3-common libreoffice-l10n-de gnucash-common abiword-common
  gnumeric-common darktable vlc-l10n epiphany-browser-data gnome-calendar gnome-maps gnome-music gnome-weather simple-scan baobab gnome-disk-utility
  seahorse eog gthumb-data quodlibet remmina-common virt-manager xfce4-settings thunar-data caja-common mate-control-center-common cheese-common
  libgnome-desktop-3-20 mutt git-man subversion wget coreutils dpkg apt bash libpython3.11-stdlib golang-1.19-src node-lodash node-semver node-glob node-yargs zlib1g-dev libpng-dev
  libsqlite3-dev bash-completion"
fonts="fonts-noto-core fonts-lato fonts-open-sans fonts-roboto-unhinted fonts-roboto-slab fonts-inter fonts-firacode fonts-hack fonts-liberation2
  fonts-liberation fonts-dejavu-core fonts-dejavu-extra fonts-croscore fonts-inconsolata fonts-anonymous-pro fonts-mononoki fonts-monoid
  fonts-linuxlibertine fonts-ebgaramond fonts-freefont-ttf fonts-sil-charis fonts-sil-andika fonts-league-spartan fonts-cabin fonts-dosis fonts-play
  fonts-texgyre fonts-lobster fonts-vollkorn fonts-karla fonts-mplus fonts-tuffy fonts-junicode fonts-arkpandora fonts-century-catalogue
  fonts-noto-mono fonts-noto-ui-core fonts-fantasque-sans fonts-courier-prime fonts-go fonts-b612 fonts-jura fonts-yanone-kaffeesatz
  fonts-roboto-fontface fonts-sil-doulos fonts-averia-sans-gwf fonts-averia-serif-gwf fonts-averia-gwf"
# Of fontsource.org's packages for npm, in two weights each.
web="poppins montserrat montserrat-alternates nunito nunito-sans varela-round josefin-sans raleway urbanist outfit lexend sora jost questrial didact-gothic fredoka
  rubik work-sans dm-sans manrope figtree plus-jakarta-sans public-sans source-sans-3 fira-sans barlow exo-2 titillium-web hind mukta merriweather
  merriweather-sans lora playfair-display bitter crimson-text crimson-pro source-serif-4 libre-baskerville libre-franklin source-code-pro space-mono
  space-grotesk overpass overpass-mono red-hat-display red-hat-text kumbh-sans onest albert-sans be-vietnam-pro prompt kanit mitr sarabun k2d kodchasan niramit
  bai-jamjuree livvic mali krub chakra-petch abeezee readex-pro sulphur-point tenor-sans baloo-2 mulish heebo assistant catamaran archivo arimo asap oxygen
  maven-pro signika signika-negative dosis m-plus-rounded-1c zilla-slab domine alegreya alegreya-sans cormorant-garamond spectral noto-serif-display
  old-standard-tt eb-garamond cardo amiri pontano-sans actor gudea istok-web ruda tajawal almarai cairo el-messiri harmattan lalezar vazirmatn instrument-sans
  instrument-serif hanken-grotesk schibsted-grotesk bricolage-grotesque atkinson-hyperlegible geist-sans geist-mono roboto-condensed martian-mono dm-mono
  victor-mono red-hat-mono sometype-mono azeret-mono share-tech-mono cutive-mono nova-mono major-mono-display syne-mono anonymous-pro sono spline-sans
  spline-sans-mono comic-neue itim delius patrick-hand sniglet andika grandstander gantari lexend-deca afacad golos-text unbounded ysabeau-office reddit-sans
  reddit-mono inclusive-sans mona-sans hubot-sans wix-madefor-text wix-madefor-display rosario proza-libre faustina petrona newsreader literata brygada-1918
  gelasio tinos cousine average-sans biryani days-one encode-sans epilogue fauna-one gothic-a1 ibarra-real-nova imprima inder inria-sans inria-serif jaldi kreon
  lato magra marmelad metrophobic monda nobile numans orienta palanquin philosopher quattrocento quattrocento-sans rambla ropa-sans sansita scada sintony strait
  tauri telex text-me-one trykker voltaire yantramanav zen-maru-gothic"

(cd debs && apt-get download -qq $texts $fonts)
mkdir -p web unpacked/web
for f in $web; do echo "@fontsource/$f"; done | (cd web && xargs -n 8 -P 4 npm pack --silent >/dev/null)
for f in web/*.tgz; do
  tar tzf "$f" | grep -E -- '-latin-[467]00-normal\.woff$' | sort | head -n 2 | tar xzf "$f" -C unpacked/web -T -
done
for deb in debs/*.deb; do dpkg -x "$deb" unpacked; done
apt-cache dumpavail | sed -n 's/^Description: //p' >unpacked/summaries.txt # apt's lists, as apt-get update left them
python3 "$here/mktext.py" unpacked text
python3 "$here/fonts.py" unpacked fonts
